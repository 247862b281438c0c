"""Keys of programs: what they may do and how often."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.api_keys import MINUTE, ApiKey, Scope, check_key, turn
from app.domain.errors import RefusedError

NOW = datetime(2026, 4, 5, tzinfo=UTC)


def calls(moments: list[float], per_minute: int) -> list[float]:
    """The moments of those calls that were let through."""
    caught_up_at, passed = 0.0, []
    for moment in sorted(moments):
        caught_up_at, wait = turn(caught_up_at, moment, per_minute)
        passed += [moment] if not wait else []
    return passed


@given(st.lists(st.floats(1e9, 1e9 + 600), max_size=200), st.integers(1, 60))
def test_it_never_lets_more_through_than_two_minutes_worth_in_a_minute(moments, per_minute):
    passed = calls(moments, per_minute)
    for start in passed:
        assert sum(start <= moment < start + MINUTE for moment in passed) <= 2 * per_minute


@given(st.integers(1, 600))
def test_it_lets_a_minute_s_worth_through_at_once_and_then_waits_its_share(per_minute):
    assert len(calls([1e9] * (per_minute + 5), per_minute)) == per_minute
    caught_up_at = 0.0
    for _ in range(per_minute):
        caught_up_at, wait = turn(caught_up_at, 1e9, per_minute)
    refused_at, wait = turn(caught_up_at, 1e9, per_minute)
    assert (refused_at, wait) == (caught_up_at, pytest.approx(MINUTE / per_minute, abs=1e-4))
    assert turn(caught_up_at, 1e9 + wait + 1e-3, per_minute)[1] == 0.0


@given(st.integers(1, 60))
def test_a_program_that_keeps_to_its_rate_is_never_refused(per_minute):
    share = MINUTE / per_minute
    assert len(calls([1e9 + number * share for number in range(100)], per_minute)) == 100


def test_a_key_may_do_what_it_is_for_and_read():
    key = ApiKey("k", "Monitor", "abcd", frozenset({Scope.INCIDENTS_WRITE}), 60, NOW)
    assert [scope for scope in Scope if key.may(scope)] == [Scope.READ, Scope.INCIDENTS_WRITE]
    revoked = ApiKey("k", "Monitor", "abcd", frozenset(Scope), 60, NOW, revoked_at=NOW)
    assert not [scope for scope in Scope if revoked.may(scope)]


def test_every_scope_is_in_words():
    assert all(scope.in_words for scope in Scope)


@pytest.mark.parametrize(
    ("name", "scopes", "per_minute", "field"),
    [("", {Scope.READ}, 60, "name"), ("x" * 81, {Scope.READ}, 60, "name"), ("x", set(), 60, "scopes")]
    + [("x", {Scope.READ}, number, "per_minute") for number in (0, 6_001)],
)
def test_it_refuses_a_key_that_makes_no_sense(name, scopes, per_minute, field):
    with pytest.raises(RefusedError) as refused:
        check_key(name, scopes, per_minute)
    assert list(refused.value.problems) == [field]
