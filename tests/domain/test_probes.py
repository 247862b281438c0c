"""What looks add up to: failure after n, a ramp noticed before it, silence that is never green."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.domain.probes import (
    Look,
    ProbeDraft,
    ProbeKind,
    Standing,
    after,
    after_count,
    check_probe,
    silent_at,
    state_now,
)
from app.domain.reports import CheckState

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)
BAD = Look(is_well=False, reason="answers 500")


def standing_after(looks: list[Look], fail_after: int = 3) -> Standing:
    standing = Standing()
    for look in looks:
        standing = after(standing, look, fail_after)
    return standing


def steady(number: int, seconds: float = 0.2) -> list[Look]:
    return [Look(is_well=True, seconds=seconds + 0.01 * (turn % 5)) for turn in range(number)]


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 5))
def test_it_fails_exactly_when_the_last_n_looks_failed(answers: list[bool], fail_after: int) -> None:
    looks = [Look(is_well, seconds=0.2) if is_well else BAD for is_well in answers]
    is_failing = standing_after(looks, fail_after).state is CheckState.FAILING
    assert is_failing == (len(answers) >= fail_after and not any(answers[-fail_after:]))


def test_r07_three_500s_fail_and_one_good_answer_ends_it() -> None:
    failing = standing_after([*steady(20), BAD, BAD, BAD])
    assert (failing.state, failing.reason) == (CheckState.FAILING, "answers 500")
    assert after(failing, Look(is_well=True, seconds=0.2), 3).state is CheckState.WORKING


@given(st.floats(0.05, 2.0), st.floats(1.04, 1.3))
def test_r08_a_slow_ramp_is_noticed_before_it_fails(usual: float, rise: float) -> None:
    """The answers take longer and longer, until at ten times the usual they break off."""
    standing, seconds, warned = standing_after([Look(is_well=True, seconds=usual)] * 60), usual, False
    while seconds < 10 * usual:
        seconds *= rise
        standing = after(standing, Look(is_well=True, seconds=seconds), 3)
        warned = warned or standing.state is CheckState.SLOW
    assert warned
    assert standing_after([BAD] * 3).state is CheckState.FAILING


def test_r08_what_fails_now_and_then_is_unusual_though_it_never_fails_often_enough_in_a_row() -> None:
    standing = standing_after(steady(40))
    for _ in range(6):
        for look in (BAD, *steady(1)):
            standing = after(standing, look, 3)
    assert (standing.state, standing.reason.startswith("fails ")) == (CheckState.SLOW, True)
    for look in steady(20):
        standing = after(standing, look, 3)
    assert standing.state is CheckState.WORKING


def test_what_has_always_failed_now_and_then_is_its_usual_self() -> None:
    looks = [BAD if turn % 5 == 0 else Look(is_well=True, seconds=0.2) for turn in range(2_000)]
    assert standing_after([*looks, *steady(1)]).state is CheckState.WORKING


def counted(counts: list[int], hour: int = 9, standing: Standing | None = None) -> Standing:
    standing = standing or Standing()
    for count in counts:
        standing = after_count(standing, count, hour)
    return standing


def test_r08_fewer_sign_ins_than_usual_at_this_hour_warn_and_the_night_does_not() -> None:
    day = counted([120, 130, 125, 118, 127])
    night = counted([3, 2, 4, 3], 3, day)
    assert night.state is CheckState.WORKING
    assert counted([40], standing=night).state is CheckState.WORKING
    dropped = counted([40, 12], standing=night)
    assert (dropped.state, dropped.reason.startswith("12 now, usually 1")) == (CheckState.SLOW, True)
    assert counted([121], standing=dropped).state is CheckState.WORKING


@given(st.lists(st.integers(0, 10**9), max_size=60), st.integers(0, 23))
def test_a_count_never_fails_by_itself(counts: list[int], hour: int) -> None:
    assert counted(counts, hour).state in (CheckState.WORKING, CheckState.SLOW, CheckState.UNKNOWN)


@given(st.lists(st.floats(0.18, 0.24), min_size=20, max_size=120))
def test_usual_scatter_warns_of_nothing(seconds: list[float]) -> None:
    standing = Standing()
    for each in seconds:
        standing = after(standing, Look(is_well=True, seconds=each), 3)
        assert standing.state is CheckState.WORKING


def test_a_new_normal_is_accepted_in_the_end() -> None:
    standing = standing_after([*steady(60), *steady(20, 0.6)])
    assert standing.state is CheckState.SLOW
    for look in steady(4_000, 0.6):
        standing = after(standing, look, 3)
    assert standing.state is CheckState.WORKING


@given(st.integers(10, 86_400), st.integers(0, 400_000))
def test_r09_what_fell_silent_is_unknown_and_never_green(every: int, age: int) -> None:
    interval = timedelta(seconds=every)
    seen = state_now(CheckState.WORKING, NOW, interval, NOW + timedelta(seconds=age))
    assert (seen is CheckState.UNKNOWN) == (NOW + timedelta(seconds=age) >= silent_at(NOW, interval))


def test_what_never_looked_is_unknown() -> None:
    assert state_now(CheckState.WORKING, None, timedelta(seconds=60), NOW) is CheckState.UNKNOWN


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (ProbeDraft(ProbeKind.HTTP), "url"),
        (ProbeDraft(ProbeKind.HTTP, {"url": "file:" + "///etc/passwd"}), "url"),
        (ProbeDraft(ProbeKind.TCP, {"host": "mls.example", "port": "99999"}), "port"),
        (ProbeDraft(ProbeKind.TLS, {"host": "mls.example"}, every=timedelta(seconds=1)), "every"),
        (ProbeDraft(ProbeKind.SMTP, {"host": "mls.example"}, fail_after=0), "fail_after"),
        (ProbeDraft(ProbeKind.FEED_AGE, {"url": "https://mls.example/feed"}), "fail_minutes"),
        (ProbeDraft(ProbeKind.FEED_AGE, {"url": "https://mls.example/feed", "fail_minutes": "soon"}), "fail_minutes"),
        (ProbeDraft(ProbeKind.COUNT), "what"),
        (ProbeDraft(ProbeKind.LOGIN_JOURNEY, {"steps": "walk in"}), "steps"),
        (ProbeDraft(ProbeKind.LOGIN_JOURNEY, {"steps": "expect text Welcome"}), "steps"),
        (ProbeDraft(ProbeKind.LOGIN_JOURNEY, {"steps": 'open https://mls.example "x'}), "steps"),
        (
            ProbeDraft(
                ProbeKind.LOGIN_JOURNEY, {"steps": "open https://a.example\nsend https://a.example p={secret:p}"}
            ),
            "secrets",
        ),
    ],
)
def test_it_refuses_a_probe_that_cannot_look(draft: ProbeDraft, field: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check_probe(draft)
    assert list(refused.value.problems) == [field]
