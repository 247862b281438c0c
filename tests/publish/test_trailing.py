"""A sink that stores in its own time."""

import threading
import time

import pytest

from app.domain.errors import UnavailableError
from app.publish.documents import Edition
from app.publish.trailing import TrailingSink
from tests.web.editions import edition


class Bucket:
    """Stores, or refuses while it is out; can be made to wait."""

    def __init__(self) -> None:
        self.stored: list[int] = []
        self.asked = 0
        self.is_out = False
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def put(self, edition: Edition) -> None:
        self.asked += 1
        self.may_go_on.wait(5)
        if self.is_out:
            raise UnavailableError("The bucket is out.")
        self.stored.append(edition.generation)


@pytest.fixture
def bucket():
    return Bucket()


@pytest.fixture
def sink(bucket):
    sink = TrailingSink(bucket, first_wait=0.02, longest_wait=0.1)
    yield sink
    sink.close()


def until(condition) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came true")


def test_it_takes_an_edition_at_once_and_stores_it_soon(sink, bucket):
    bucket.may_go_on.clear()
    began = time.monotonic()
    sink.put(edition(1))
    assert time.monotonic() - began < 0.5
    bucket.may_go_on.set()
    until(lambda: bucket.stored == [1])


def test_it_skips_what_was_overtaken_while_the_bucket_was_slow(sink, bucket):
    bucket.may_go_on.clear()
    sink.put(edition(1))
    until(lambda: bucket.asked == 1)
    for generation in (2, 3, 4):
        sink.put(edition(generation))
    bucket.may_go_on.set()
    until(lambda: bucket.stored == [1, 4])


def test_it_tries_until_the_bucket_is_back_and_says_why_meanwhile(sink, bucket):
    bucket.is_out = True
    sink.put(edition(1))
    until(lambda: bucket.asked >= 3)
    assert sink.trouble == "The bucket is out."
    bucket.is_out = False
    until(lambda: bucket.stored == [1])
    assert sink.trouble == ""


def test_it_ignores_an_older_edition(sink, bucket):
    sink.put(edition(2))
    until(lambda: bucket.stored == [2])
    sink.put(edition(1))
    sink.put(edition(3))
    until(lambda: bucket.stored == [2, 3])


def test_it_looks_again_now_and_then_whether_all_is_still_there(bucket):
    sink = TrailingSink(bucket, look_again=0.05)
    sink.put(edition(1))
    until(lambda: len(bucket.stored) >= 3)
    sink.close()
    assert set(bucket.stored) == {1}


def test_it_gives_what_waits_one_more_chance_when_it_closes(bucket):
    sink = TrailingSink(bucket)
    sink.put(edition(7))
    sink.close()
    assert bucket.stored == [7]


def test_it_does_not_wait_for_ever_when_it_closes(bucket):
    sink = TrailingSink(bucket, first_wait=30, longest_wait=30)
    bucket.is_out = True
    sink.put(edition(1))
    until(lambda: sink.trouble)
    began = time.monotonic()
    sink.close()
    assert time.monotonic() - began < 5
