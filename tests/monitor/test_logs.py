"""The log: what each line is about, and nobody's address."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.domain.log_context import about, log_facts
from app.monitor.logs import BLOT, set_up_logging, without_private


@contextmanager
def logging_as(as_json: bool) -> Iterator[logging.Logger]:
    """A logger in either form; afterwards the handlers are as they were."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    set_up_logging("INFO", as_json=as_json)
    try:
        yield logging.getLogger("porchlight.tests")
    finally:
        root.handlers[:] = before
        root.setLevel(level)


BOTH = pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])


def written(capsys) -> str:
    return capsys.readouterr().err


@BOTH
def test_it_says_what_the_work_is_about(as_json, capsys):
    with logging_as(as_json) as log:
        with about(request="a1b2"), about(incident="c3d4"):
            log.info("posted")
        log.info("idle")
    first, second = written(capsys).splitlines()
    for fact in ("request", "a1b2", "incident", "c3d4", "posted"):
        assert fact in first
    assert "a1b2" not in second


def test_it_writes_json_that_a_collector_reads(capsys):
    with logging_as(True) as log, about(job="publish"):
        log.warning("not published yet: %s", "the bucket is out")
    facts = json.loads(written(capsys))
    assert (facts["level"], facts["logger"], facts["job"]) == ("WARNING", "porchlight.tests", "publish")
    assert facts["message"] == "not published yet: the bucket is out"
    assert facts["at"].endswith("+00:00")


@BOTH
@pytest.mark.parametrize(
    "private",
    [
        "agent.smith+mls@example.com",
        "+12025550150",
        "+1 202-555-0150",
        "202-555-0150",
        "(202) 555-0150",
    ],
)
def test_it_blots_out_what_could_be_a_members_address(as_json, capsys, private):
    with logging_as(as_json) as log:
        log.error("could not send to %s today", private)
    line = written(capsys)
    assert private not in line
    assert BLOT in line
    assert "today" in line


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("Authorization: OAuth plk_abcdefgh12345", "plk_abcdefgh12345"),
        ("Authorization: Bearer eyJhbGciOi.xyz", "eyJhbGciOi.xyz"),
        ("GET /v1/pages?api_key=plk-secret", "plk-secret"),
        ("GET /subscribe/stop?token=abc.def-ghi", "abc.def-ghi"),
        ("smtp://mailer:hunter2@mail.example:587", "hunter2"),
    ],
)
def test_it_blots_out_credentials(line, secret):
    assert secret not in without_private(line)


@pytest.mark.parametrize(
    "line",
    [
        "generation 1234567890 reached a1b2c3d4e5f6 in 0.201 s",
        "2026-11-21 22:04:05,123 INFO porchlight published",
        "listening on 127.0.0.1:8000",
        "batch 2000100003 resumed",
    ],
)
def test_it_leaves_numbers_that_are_nobodys(line):
    assert without_private(line) == line


@BOTH
def test_a_stack_trace_is_read_as_well(as_json, capsys):
    with logging_as(as_json) as log:
        try:
            raise ValueError("no such address: agent@example.com")
        except ValueError:
            log.exception("failed")
    line = written(capsys)
    assert "agent@example.com" not in line
    assert "ValueError" in line


def test_it_forgets_what_work_was_about_when_it_is_done():
    with pytest.raises(RuntimeError), about(job="x"):
        raise RuntimeError
    assert log_facts() == {}
