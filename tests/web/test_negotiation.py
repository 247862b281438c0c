"""What strangers put into Accept-Encoding, Host and the conditional fields."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.negotiation import Coding, coding_for, fields, host_name, is_not_newer, matches_tag

MODIFIED = datetime(2026, 10, 9, 22, 30, 15, 900_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (None, "identity"),
        (b"", "identity"),
        (b"gzip, deflate, br, zstd", "br"),
        (b"gzip, deflate", "gzip"),
        (b"GZIP", "gzip"),
        (b"x-gzip", "gzip"),
        (b"br;q=0.5, gzip;q=0.8", "gzip"),
        (b"br;q=1.0, gzip;q=1.000", "br"),
        (b"br ; Q=0 , gzip", "gzip"),
        (b"br;q=0", "identity"),
        (b"*", "br"),
        (b"*, br;q=0", "gzip"),
        (b"*;q=0", "identity"),
        (b"*;q=0, gzip", "gzip"),
        (b"identity", "identity"),
        (b"gzip;q=0.5, identity", "identity"),
        (b"gzip;q=0.5, identity;q=0.4", "gzip"),
        (b"gzip;q=0.5, *;q=0.1", "gzip"),
        (b"identity;q=0", "identity"),
        (b"identity;q=0, *;q=0", "identity"),
        (b"identity;q=0, gzip;q=0.001", "gzip"),
        (b"gzip;q=2", "identity"),
        (b"gzip;q=-1, br;q=nan", "identity"),
        (b"gzip;level=9;q=0.2", "gzip"),
        (b",,;q=1,gzip,,", "gzip"),
        (b"deflate, zstd", "identity"),
        (b"\xff\xfe", "identity"),
        (b"gzip," * 10_000, "identity"),
    ],
)
def test_it_answers_in_the_coding_that_the_reader_likes_best(accept: bytes | None, coding: str) -> None:
    assert coding_for(accept) == coding


@given(st.binary(max_size=200))
def test_no_accept_encoding_breaks_it(accept: bytes) -> None:
    assert coding_for(accept) in Coding


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (b"status.example", "status.example"),
        (b"STATUS.Example:8000", "status.example"),
        (b"status.example.", "status.example"),
        (b"status.example.:443", "status.example"),
        (b"status.example:", "status.example"),
        (b" status.example ", "status.example"),
        (b"127.0.0.1:8000", "127.0.0.1"),
        (b"[::1]:8000", "::1"),
        (b"[0:0:0:0:0:0:0:1]", "::1"),
        (b"[2001:DB8::1]", "2001:db8::1"),
        (b"", None),
        (b":80", None),
        (b".", None),
        (b"..", None),
        (b"status.example..", None),
        (b"status.example:80:80", None),
        (b"status.example:http", None),
        (b"status.example:999999", None),
        (b"user@status.example", None),
        (b"status.example/path", None),
        (b"status.example, other.example", None),
        (b"status.example\x00", None),
        (b"*.example", None),
        (b"::1", None),
        (b"[::1", None),
        (b"[nonsense]", None),
        (b"[::g]", None),
        ("statüs.example".encode(), None),
        (b"a" * 300, None),
    ],
)
def test_it_reads_the_name_out_of_a_host_field(host: bytes, name: str | None) -> None:
    assert host_name(host) == name


@given(st.binary(max_size=300))
def test_no_host_breaks_it(host: bytes) -> None:
    name = host_name(host)
    assert name is None or name == name.lower()


@pytest.mark.parametrize(
    ("listed", "matches"),
    [
        (b'"abc-br"', True),
        (b'W/"abc-br"', True),
        (b'"x", W/"abc-br" ,"y"', True),
        (b"*", True),
        (b" * ", True),
        (b'"abc"', False),
        (b'"abc-br', False),
        (b"abc-br", False),
        (b'"xabc-br"', False),
        (b'"*"', False),
        (b"", False),
    ],
)
def test_it_finds_our_tag_in_a_list(listed: bytes, *, matches: bool) -> None:
    assert matches_tag(listed, b'"abc-br"') is matches


@pytest.mark.parametrize(
    ("since", "unchanged"),
    [
        (b"Fri, 09 Oct 2026 22:30:15 GMT", True),
        (b"Fri, 09 Oct 2026 22:30:14 GMT", False),
        (b"Fri, 09 Oct 2026 22:30:16 GMT", True),
        (b"Friday, 09-Oct-26 22:30:15 GMT", True),
        (b"Fri Oct  9 22:30:15 2026", True),
        (b"2026-10-09T22:30:15Z", False),
        (b"yesterday", False),
        (b"", False),
        (b"Fri, 99 Oct 2026 22:30:15 GMT", False),
        (b"Fri, 09 Oct 99999 22:30:15 GMT", False),
        (b"\xff" * 30, False),
        (b"1" * 100_000, False),
    ],
)
def test_it_compares_with_the_date_that_the_reader_has(since: bytes, *, unchanged: bool) -> None:
    assert is_not_newer(MODIFIED, since) is unchanged


@given(st.one_of(st.binary(max_size=80), st.text(alphabet="0123456789 :+-,GMTFriOct", max_size=64).map(str.encode)))
def test_no_date_breaks_it(since: bytes) -> None:
    assert is_not_newer(MODIFIED, since) in (True, False)


def test_a_moment_within_the_second_is_the_same_date() -> None:
    said = b"Fri, 09 Oct 2026 22:30:15 GMT"
    assert is_not_newer(MODIFIED, said)
    assert not is_not_newer(MODIFIED + timedelta(seconds=0.2), said)


def test_repeated_fields_become_one_list() -> None:
    headers = [(b"accept-encoding", b"gzip"), (b"host", b"a"), (b"accept-encoding", b"br")]
    assert fields(headers) == {b"accept-encoding": b"gzip, br", b"host": b"a"}
