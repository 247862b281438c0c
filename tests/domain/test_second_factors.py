"""What proves a person, in rules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.accounts import Role
from app.domain.browsers import browser_in_words
from app.domain.errors import RefusedError
from app.domain.second_factors import (
    Factors,
    check_passkey_name,
    is_fresh,
    needs_second_factor,
    new_printed_code,
    normal_printed_code,
    normal_totp_code,
)

NOW = datetime(2026, 4, 4, 21, 42, tzinfo=UTC)
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"


@pytest.mark.parametrize("role", Role)
def test_whoever_may_do_more_than_read_needs_a_second_factor(role):
    assert needs_second_factor(role) is (role is not Role.VIEWER)


@given(st.timedeltas(timedelta(0), timedelta(hours=1)))
def test_a_proof_is_fresh_for_a_quarter_of_an_hour(passed):
    assert is_fresh(NOW, NOW + passed) is (passed < timedelta(minutes=15))


def test_a_printed_code_is_read_however_it_is_typed():
    code = new_printed_code()
    assert normal_printed_code(f" {code.upper().replace('-', ' ')} ") == code.replace("-", "")


@given(st.text())
def test_no_text_breaks_the_reading_of_codes(text):
    assert len(normal_printed_code(text)) in (0, 12)
    assert len(normal_totp_code(text)) in (0, 6)


def test_printed_codes_have_no_letter_that_print_confuses():
    letters = set("".join(new_printed_code() for _ in range(200)))
    assert not letters & set("01ilo")


def test_printed_codes_alone_do_not_last():
    assert Factors(codes_left=10).any
    assert not Factors(codes_left=10).is_strong
    assert Factors(passkeys=1).is_strong
    assert Factors(has_totp=True).is_strong
    assert not Factors().any


@pytest.mark.parametrize(("name", "taken"), [("", []), ("x" * 61, []), ("A", ["A"]), ("x", [*map(str, range(20))])])
def test_it_refuses_a_name_that_does_not_tell_passkeys_apart(name, taken):
    with pytest.raises(RefusedError):
        check_passkey_name(name, list(taken))


@pytest.mark.parametrize(
    ("agent", "words"),
    [(SAFARI, "Safari on iPhone"), (EDGE, "Edge on Windows"), ("curl/8", "Unknown browser"), ("", "Unknown browser")],
)
def test_it_names_a_browser_in_words(agent, words):
    assert browser_in_words(agent) == words
