"""Roles, passwords and the counting of failed sign-ins."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.accounts import (
    Account,
    AttemptLimit,
    Permission,
    Role,
    check_email,
    check_password,
    may,
    normal_password,
)
from app.domain.errors import RefusedError

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)
ABOUT = ("tess@hpmls-ops.example", "Tess Marchetti", "Harbor & Pines MLS")


def test_it_lets_everybody_read():
    assert all(may(role, Permission.READ) for role in Role)


def test_it_lets_only_those_speak_whose_task_it_is():
    speakers = {role for role in Role if may(role, Permission.POST)}
    assert speakers == {Role.COMMUNICATIONS_LEAD, Role.COMMANDER, Role.ADMINISTRATOR}


def test_it_lets_only_an_administrator_administer():
    assert [role for role in Role if may(role, Permission.ADMINISTER)] == [Role.ADMINISTRATOR]


def test_it_lets_a_disabled_account_do_nothing():
    account = Account("a", "tess@mls.example", "Tess", Role.ADMINISTRATOR, disabled_at=NOW)
    assert not any(account.may(permission) for permission in Permission)


@pytest.mark.parametrize(
    "password",
    ["gravel otter teapot", "Zwölf Elche tanzen", "tr0ub4dor & 3 friends", "пароль для вторника", "9 lamps 4 porches!"],
)
def test_it_takes_passwords_that_nobody_would_guess(password):
    check_password(password, about=ABOUT)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short words", "at least 12"),
        ("x" * 201, "at most 200"),
        ("password1234", "common password"),
        ("P@ssw0rd!2026", "common password"),
        ("Welcome12345!", "common password"),
        ("letmein-letmein", "common password"),
        ("correcthorsebatterystaple", "common password"),
        ("qwertyuiop12", "common password"),
        ("summersunshine", "common password"),
        ("aaaaaaaaaaaa", "run of keys"),
        ("123456789012", "run of keys"),
        ("abcdefghijkl", "run of keys"),
        ("lkjihgfedcba", "run of keys"),
        ("asdfghjklzxcvbnm", "run of keys"),
        ("hunter2hunter2", "repeats itself"),
        ("TessMarchetti1", "made of your name"),
        ("harborpines2026", "made of your name"),
        ("porchlight!!2026", "made of your name"),
        ("hpmls-status-mls", "made of your name"),
    ],
)
def test_it_refuses_passwords_that_would_be_guessed(password, said):
    with pytest.raises(RefusedError) as refusal:
        check_password(password, about=ABOUT)
    assert said in refusal.value.problems["password"]


@given(st.text(max_size=300))
def test_it_answers_any_password_in_one_way_or_the_other(password):
    refused = {}
    try:
        check_password(password, about=(password[:5],))
    except RefusedError as refusal:
        refused = refusal.problems
    assert set(refused) <= {"password"}


def test_it_hashes_what_two_keyboards_type_differently_alike():
    assert normal_password("cafe\u0301 au lait") == normal_password("caf\u00e9 au lait")


@pytest.mark.parametrize("email", ["", "tess", "tess@", "@mls.example", "a b@mls.example", "a@b@c", "a@b\n", "x" * 300])
def test_it_refuses_what_is_no_address(email):
    with pytest.raises(RefusedError):
        check_email(email)


def test_it_allows_attempts_up_to_the_limit():
    assert AttemptLimit(3).try_again_at([NOW, NOW]) is None


def test_it_asks_to_wait_until_enough_attempts_are_old():
    limit = AttemptLimit(3, timedelta(minutes=15))
    minutes = [9, 1, 5, 2]
    assert limit.try_again_at([NOW + timedelta(minutes=m) for m in minutes]) == NOW + timedelta(minutes=2 + 15)


@given(st.lists(st.integers(0, 900), max_size=40), st.integers(1, 10))
def test_it_is_open_again_exactly_when_it_said(seconds, most):
    limit = AttemptLimit(most, timedelta(minutes=15))
    moments = [NOW + timedelta(seconds=second) for second in seconds]
    again_at = limit.try_again_at(moments)
    if again_at is not None:
        left = [moment for moment in moments if moment > again_at - limit.window]
        assert limit.try_again_at(left) is None
