"""An edition in a bucket, on moto's S3: ordered, only what changed, never older over newer."""

import json
import threading
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.domain.errors import UnavailableError
from app.publish.documents import HTML, Edition, Source, compress
from app.publish.pulse import pulse
from app.publish.s3 import CACHING, IMMUTABLE, S3Sink, keys_of, staged
from tests.doubles.ses import environment
from tests.web.editions import AS_OF, edition, page

BUCKET = "porchlight-tests"
NEWS = Source("/", HTML, page("Sign-in works again."))
DETAIL = Source("/incidents/a1b2c3d4e5f6", HTML, page("Sign-in, over"))


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(moto: str, monkeypatch: pytest.MonkeyPatch):
    """A client on a bucket that is empty."""
    for name, value in environment(moto).items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    yield client
    for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        client.delete_object(Bucket=BUCKET, Key=item["Key"])
    client.delete_bucket(Bucket=BUCKET)


def stored(s3, prefix: str = "") -> dict[str, bytes]:
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def generation(s3) -> int:
    return json.loads(stored(s3)["manifest.json"])["generation"]


def written_by(sink: S3Sink) -> list[str]:
    """The keys that this sink goes on to write, in order."""
    keys: list[str] = []
    sink._s3.meta.events.register("before-call.s3.PutObject", lambda params, **_: keys.append(_key(params)))
    return keys


def _key(params) -> str:
    return params["url_path"].removeprefix(f"/{BUCKET}").removeprefix("/")


def dies_after(sink: S3Sink, writes: int) -> None:
    """Let the process be killed before the write after these."""
    left = iter(range(writes))

    def count(**_: object) -> None:
        if next(left, None) is None:
            raise Killed

    sink._s3.meta.events.register("before-call.s3.PutObject", count)


def test_it_stores_every_document_under_the_path_readers_ask_for(s3):
    S3Sink(BUCKET).put(edition())
    found = stored(s3)
    for document in edition().documents.values():
        for key in keys_of(document.path):
            assert found[key] == document.body, key
    assert {"index.html", "es/", "es/index.html", "history.atom"} <= found.keys()
    assert json.loads(found["manifest.json"])["generation"] == 1


def test_it_says_what_each_object_is_and_how_long_it_may_be_kept(s3):
    S3Sink(BUCKET).put(edition())
    front = s3.head_object(Bucket=BUCKET, Key="index.html")
    assert (front["ContentType"], front["CacheControl"]) == (HTML, CACHING)
    assert s3.head_object(Bucket=BUCKET, Key="static/page.0123456789ab.js")["CacheControl"] == IMMUTABLE
    assert s3.head_object(Bucket=BUCKET, Key="manifest.json")["CacheControl"] == "no-cache"


def test_it_stays_below_its_prefix(s3):
    s3.put_object(Bucket=BUCKET, Key="index.html", Body=b"somebody else's")
    S3Sink(BUCKET, "/page/").put(edition())
    assert stored(s3)["index.html"] == b"somebody else's"
    assert "page/index.html" in stored(s3, "page/")


def test_it_uploads_only_what_changed(s3):
    sink = S3Sink(BUCKET)
    sink.put(edition())
    keys = written_by(sink)
    sink.put(edition(2, NEWS))
    assert keys == ["index.html", "documents.jsonl", "manifest.json"]


def test_a_new_process_uploads_only_what_changed(s3):
    S3Sink(BUCKET).put(edition())
    sink = S3Sink(BUCKET)
    keys = written_by(sink)
    sink.put(edition(2, NEWS))
    assert keys == ["index.html", "documents.jsonl", "manifest.json"]


def test_it_writes_the_manifest_last_and_the_front_page_after_what_it_leads_to(s3):
    sink = S3Sink(BUCKET)
    keys = written_by(sink)
    sink.put(edition())
    assert keys[-2:] == ["documents.jsonl", "manifest.json"]
    assert keys[0].startswith("static/")
    assert max(keys.index(key) for key in keys if key.startswith(("incidents/", "api/"))) < keys.index("index.html")


def test_an_older_generation_never_overwrites_a_newer_one(s3):
    late, prompt = S3Sink(BUCKET), S3Sink(BUCKET)
    late.put(edition(1))
    prompt.put(edition(3, NEWS))
    late.put(edition(2, DETAIL))
    assert generation(s3) == 3
    assert stored(s3)["index.html"] == NEWS.body
    assert stored(s3)["incidents/a1b2c3d4e5f6"] != DETAIL.body


def test_a_publisher_that_slept_half_way_gives_way_when_it_wakes(s3):
    sleeper, other = S3Sink(BUCKET), S3Sink(BUCKET)
    sleeper.put(edition(1))
    fell_asleep, may_wake = threading.Event(), threading.Event()

    def sleep(params, **_: object) -> None:
        if _key(params) == "index.html":
            fell_asleep.set()
            may_wake.wait(10)

    sleeper._s3.meta.events.register("before-call.s3.PutObject", sleep)
    stale = Source("/", HTML, page("Half the truth"))
    thread = threading.Thread(target=sleeper.put, args=[edition(2, stale)])
    thread.start()
    assert fell_asleep.wait(10)
    other.put(edition(3, NEWS))
    may_wake.set()
    thread.join(10)
    assert generation(s3) == 3
    assert stored(s3)["index.html"] == NEWS.body


def test_what_a_late_sleeper_wrote_is_mended_at_the_next_look(s3):
    sleeper, other = S3Sink(BUCKET), S3Sink(BUCKET)
    sleeper.put(edition(1))

    def overtake(params, **_: object) -> None:
        if _key(params) == "incidents/a1b2c3d4e5f6":
            other.put(edition(3, NEWS))

    sleeper._s3.meta.events.register_first("before-call.s3.PutObject", overtake)
    sleeper.put(edition(2, DETAIL))
    assert generation(s3) == 3
    keys = written_by(other)
    other.put(edition(3, NEWS))
    assert "incidents/a1b2c3d4e5f6" in keys
    assert stored(s3)["incidents/a1b2c3d4e5f6"] == edition().documents["/incidents/a1b2c3d4e5f6"].body


def test_it_writes_nothing_when_all_is_there(s3):
    sink = S3Sink(BUCKET)
    sink.put(edition(1))
    keys = written_by(sink)
    sink.put(edition(1))
    assert keys == []


@pytest.mark.parametrize("writes", range(5))
def test_a_kill_between_any_two_writes_leaves_what_the_next_publisher_mends(s3, writes):
    S3Sink(BUCKET).put(edition(1))
    sink = S3Sink(BUCKET)
    dies_after(sink, writes)
    after = edition(2, NEWS, DETAIL)
    if writes < 4:
        with pytest.raises(Killed):
            sink.put(after)
        assert generation(s3) == 1
        if stored(s3)["index.html"] == NEWS.body:
            assert stored(s3)["incidents/a1b2c3d4e5f6"] == DETAIL.body  # never news that leads to old details
    else:
        sink.put(after)
    S3Sink(BUCKET).put(edition(3, NEWS))
    assert generation(s3) == 3
    assert stored(s3)["index.html"] == NEWS.body
    assert stored(s3)["incidents/a1b2c3d4e5f6"] == edition().documents["/incidents/a1b2c3d4e5f6"].body


def test_it_deletes_what_an_edition_no_longer_has_and_nothing_else(s3):
    s3.put_object(Bucket=BUCKET, Key="not-ours.txt", Body=b"kept")
    sink = S3Sink(BUCKET)
    sink.put(edition(1, Source("/components/old", HTML, page("Old"))))
    assert "components/old" in stored(s3)
    sink.put(edition(2))
    assert "components/old" not in stored(s3)
    assert stored(s3)["not-ours.txt"] == b"kept"


def test_it_mends_an_object_that_somebody_changed_by_hand(s3):
    sink = S3Sink(BUCKET)
    sink.put(edition(1))
    s3.put_object(Bucket=BUCKET, Key="index.html", Body=b"vandalised")
    sink.put(edition(2, NEWS))
    assert stored(s3)["index.html"] == NEWS.body


@pytest.mark.parametrize("trouble", ["no such bucket", "nobody there"])
def test_it_says_in_words_that_the_bucket_cannot_be_written(s3, monkeypatch, trouble):
    if trouble == "nobody there":
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    sink = S3Sink("no-such-bucket" if trouble == "no such bucket" else BUCKET, timeout=1)
    with pytest.raises(UnavailableError, match="cannot be written"):
        sink.put(edition())


def test_it_goes_on_after_the_bucket_was_out(s3):
    sink = S3Sink(BUCKET)
    sink.put(edition(1))
    refused = iter([True, False])

    def refuse(**_: object) -> None:
        if next(refused, False):
            raise boto3.exceptions.botocore.exceptions.EndpointConnectionError(endpoint_url="s3")

    sink._s3.meta.events.register("before-call.s3.PutObject", refuse)
    with pytest.raises(UnavailableError):
        sink.put(edition(2, NEWS))
    sink.put(edition(3, NEWS))
    assert generation(s3) == 3
    assert stored(s3)["index.html"] == NEWS.body


def test_the_pulse_stands_beside_the_documents_and_is_never_kept(s3):
    sink = S3Sink(BUCKET, "page")
    sink.put(edition(1))
    sink.beat(AS_OF)
    sink.put(edition(2))
    found = s3.get_object(Bucket=BUCKET, Key="page/pulse.json")
    assert found["Body"].read() == pulse(AS_OF)
    assert (found["CacheControl"], found["ContentType"]) == ("no-cache", "application/json; charset=utf-8")


def test_it_has_a_stage_for_every_document():
    documents = Edition(1, AS_OF, {s.path: compress(s, AS_OF) for s in (NEWS, DETAIL)}).documents.values()
    assets, details, fronts = staged(documents)
    assert (assets, [key for key, _ in details]) == ([], ["incidents/a1b2c3d4e5f6"])
    assert [key for key, _ in fronts] == ["index.html"]
