"""The directory sink stopped at every single step: killed, out of disk, killed at random."""

import errno
import os
import random
import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.errors import UnavailableError
from app.publish.directory import DirectorySink, load_edition
from tests.publish.stored import assert_clean, assert_whole, edition

STEPS = ("open", "write", "utime", "fsync", "unlink", "link", "symlink", "replace", "mkdir", "sync")
"""Every call by which the sink changes the disk, or makes sure of it."""


@contextmanager
def interrupted(at: int, act: Callable[[], None]) -> Iterator[None]:
    """Call `act` instead of the step of that number, counted over every kind of step."""
    real = {name: getattr(os, name) for name in STEPS}
    count = 0

    def wrapped(name: str) -> Callable[..., object]:
        def step(*args: object, **options: object) -> object:
            nonlocal count
            count += 1
            if count == at:
                act()
            return real[name](*args, **options)

        return step

    try:
        for name in STEPS:
            setattr(os, name, wrapped(name))
        yield
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def put_and_die(root: Path, generation: int, at: int, *, knows: bool) -> bool:
    """Put an edition in a process of its own that is killed at a step; says whether it got to the end."""
    child = os.fork()
    if child == 0:
        try:
            sink = DirectorySink(root)
            if knows:
                sink.put(edition(generation - 1))
            with interrupted(at, die):
                sink.put(edition(generation))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return status == 0


@pytest.mark.slow
@pytest.mark.parametrize("knows", [False, True])
def test_a_kill_at_any_step_leaves_a_whole_edition(tmp_path: Path, *, knows: bool) -> None:
    at, ended = 0, False
    while not ended:
        at += 1
        root = tmp_path / str(at)
        for generation in (2, 3):
            DirectorySink(root).put(edition(generation, also=("/drill",) if generation == 2 else ()))
        ended = put_and_die(root, 4, at, knows=knows)
        assert_whole(root, 3, 4)
        assert ended is False or assert_whole(root, 4)
        DirectorySink(root).put(edition(5))
        assert_whole(root, 5)
        assert_clean(root)
        shutil.rmtree(root)
    assert at > 50


@pytest.mark.slow
def test_a_kill_at_any_step_of_the_first_put_leaves_nothing_or_all(tmp_path: Path) -> None:
    at, ended = 0, False
    while not ended:
        at += 1
        root = tmp_path / str(at)
        ended = put_and_die(root, 1, at, knows=False)
        assert load_edition(root) in (None, edition(1))
        DirectorySink(root).put(edition(2))
        assert_whole(root, 2)
        assert_clean(root)
        shutil.rmtree(root)
    assert at > 50


@pytest.mark.slow
def test_a_full_disk_at_any_step_is_told_and_the_edition_before_stands(tmp_path: Path) -> None:
    at, ended = 0, False
    while not ended:
        at += 1
        root = tmp_path / str(at)
        sink = DirectorySink(root)
        sink.put(edition(1))
        sink.put(edition(2))
        ended = put_and_fail(sink, 3, at)
        assert_whole(root, 2, 3)
        sink.put(edition(4))
        assert_whole(root, 4)
        assert_clean(root)
        shutil.rmtree(root)
    assert at > 50


def put_and_fail(sink: DirectorySink, generation: int, at: int) -> bool:
    """Put with one step failing; says whether it got to the end for want of that many steps."""
    failed = False

    def act() -> None:
        nonlocal failed
        failed = True
        fail()

    with interrupted(at, act):
        try:
            sink.put(edition(generation))
        except UnavailableError as error:
            assert "No space left on device" in str(error)  # noqa: PT017 - not every step that fails is one that counts
    return not failed


def test_everything_is_on_the_disk_before_it_is_vouched_for(tmp_path: Path) -> None:
    sink = DirectorySink(tmp_path)
    sink.put(edition(1, also=("/drill",)))
    sink.put(edition(2))
    with traced() as steps:
        sink.put(edition(3, also=("/new/place",)))
    vouched = steps.index(("replace", str(tmp_path / "a" / "manifest.json")))
    turned = steps.index(("replace", str(tmp_path / "current")))
    for number, (name, place) in enumerate(steps[:vouched]):
        changed = place if name == "write" else str(Path(place).parent) if name in ("unlink", "link", "mkdir") else None
        if changed is not None:
            assert ("fsync", changed) in steps[number:vouched], (name, place)
    assert steps.index(("fsync", str(tmp_path / "a"))) < steps.index(("unlink", str(tmp_path / "a" / "drill.html")))
    assert ("fsync", str(tmp_path / "a")) in steps[vouched:turned]
    assert ("fsync", str(tmp_path)) in steps[turned:]


@contextmanager
def traced() -> Iterator[list[tuple[str, str]]]:
    """Every step with the path that it changes; a descriptor goes by the path it was opened with."""
    real = {name: getattr(os, name) for name in STEPS}
    opened: dict[int, str] = {}
    steps: list[tuple[str, str]] = []

    def wrapped(name: str) -> Callable[..., object]:
        def step(*args: object, **options: object) -> object:
            result = real[name](*args, **options)
            place = args[1] if name in ("replace", "link", "symlink") else args[0]
            steps.append((name, opened.get(place) if isinstance(place, int) else str(place)))
            if name == "open":
                opened[result] = str(place)
            return result

        return step

    try:
        for name in STEPS:
            setattr(os, name, wrapped(name))
        yield steps
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def test_a_disk_that_really_takes_no_more_is_told_in_words(tmp_path: Path) -> None:
    DirectorySink(tmp_path).put(edition(1))
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
        try:
            DirectorySink(tmp_path).put(edition(2))
        except UnavailableError as error:
            os._exit(7 if "cannot be written" in str(error) else 8)
        finally:
            os._exit(9)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    assert_whole(tmp_path, 1)


def test_publishers_killed_at_random_never_leave_half_an_edition(tmp_path: Path) -> None:
    choose = random.Random(5)  # noqa: S311 - repeatable, not secret
    last = 0
    for _ in range(25):
        child = os.fork()
        if child == 0:
            sink = DirectorySink(tmp_path)
            for generation in range(last + 1, last + 1_000):
                sink.put(edition(generation))
            os._exit(0)
        time.sleep(choose.uniform(0.005, 0.08))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if load_edition(tmp_path) is not None:
            last = assert_whole(tmp_path, *range(last, last + 1_000)).generation
    assert last > 0
