"""Duties and gaps over any shifts, hand-overs on nights when the clocks change, and who answers instead."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.accounts import Permission, Role, may
from app.domain.coverage import STAGES, CoverageGap, coverage_gaps, stage_due, touched
from app.domain.errors import RefusedError
from app.domain.holidays import DayKind, SpecialDay
from app.domain.roster import USUAL_ROLES, Person, Roster, RosterRole, Rotation, Shift, check_span, duties

CHICAGO = ZoneInfo("America/Chicago")
START = datetime(2026, 11, 1, tzinfo=UTC)
LEAD = RosterRole("lead", "Lead", Role.COMMUNICATIONS_LEAD, "backup", is_covered=True)
BACKUP = RosterRole("backup", "Backup", Role.COMMUNICATIONS_LEAD, "lead", is_covered=False)
EXPERT = RosterRole("expert", "Expert", Role.SUBJECT_EXPERT, "backup")
PEOPLE = [
    Person("ana", "Ana", "", frozenset({"lead"})),
    Person("ben", "Ben", "", frozenset({"lead", "backup"})),
    Person("cy", "Cy", "", frozenset({"expert"})),
]


def shift(
    person: str | None, start: float, end: float, *, role: str = "lead", over: bool = False, order: int = 0
) -> Shift:
    span = START + timedelta(hours=start), START + timedelta(hours=end)
    return Shift(f"{person}{start}{order}", role, person, *span, order, over)


def roster(*shifts: Shift) -> Roster:
    return Roster([LEAD, BACKUP, EXPERT], PEOPLE, shifts)


hours = st.integers(0, 240)
shifts = st.lists(
    st.builds(
        lambda person, start, length, over, order: shift(person, start, start + length, over=over, order=order),
        st.sampled_from(["ana", "ben", None]),
        hours,
        st.integers(1, 72),
        st.booleans(),
        st.integers(0, 5),
    ),
    max_size=12,
)


@given(shifts, hours)
def test_it_names_the_latest_override_and_below_it_the_latest_shift(entered: list[Shift], hour: int) -> None:
    at = START + timedelta(hours=hour)
    there = [each for each in entered if each.starts_at <= at < each.ends_at]
    best = max(((each.is_override, each.order) for each in there), default=None)
    wanted = {each.person_id for each in there if (each.is_override, each.order) == best} or {None}
    [found] = [duty.person_id for duty in duties("lead", entered) if duty.holds(at)]
    assert found in wanted


@given(shifts)
def test_duties_cover_all_time_and_never_overlap(entered: list[Shift]) -> None:
    found = duties("lead", entered)
    assert found[0].starts_at is None
    assert found[-1].ends_at is None
    assert all(one.ends_at == two.starts_at and one.person_id != two.person_id for one, two in pairwise(found))


@given(shifts)
def test_a_moment_lies_in_a_gap_exactly_when_nobody_is_on_duty(entered: list[Shift]) -> None:
    known = roster(*entered)
    until = START + timedelta(hours=240)
    gaps = coverage_gaps(known, START, until)
    for hour in range(0, 240, 5):
        at = START + timedelta(hours=hour)
        is_in_gap = any(gap.starts_at <= at and (gap.ends_at is None or at < gap.ends_at) for gap in gaps)
        assert is_in_gap == (known.on_duty("lead", at) is None)


@given(
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    st.times(),
    st.integers(1, 14),
    st.integers(1, 60),
    st.sampled_from(["America/Chicago", "America/St_Johns", "Europe/Lisbon", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_turns_leave_no_gap_whatever_the_clocks_do(first: date, at: time, days: int, turns: int, zone: str) -> None:
    rotation = Rotation("lead", ("ana", "ben"), first, at.replace(microsecond=0), days, turns)
    made = rotation.shifts(ZoneInfo(zone))
    entered = [Shift(str(number), "lead", *turn) for number, turn in enumerate(made)]
    assert coverage_gaps(roster(*entered), made[0][1], made[-1][2]) == []
    assert all(start < end for _, start, end in made)
    assert [person for person, _, _ in made[:2]] == ["ana", "ben"][:turns]


@pytest.mark.parametrize(
    ("first", "at", "handover"),
    [
        # Clocks go forward on March 8, 2026: 2:30 AM does not exist, so it happens at 3:30.
        (date(2026, 3, 1), time(2, 30), datetime(2026, 3, 8, 8, 30, tzinfo=UTC)),
        # They go back on November 1: 1:30 AM comes twice, and the first one counts.
        (date(2026, 10, 25), time(1, 30), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
    ],
    ids=["an hour that does not exist", "an hour that comes twice"],
)
def test_it_hands_over_at_an_hour_that_does_not_exist_or_comes_twice(first: date, at: time, handover: datetime) -> None:
    one, two = Rotation("lead", ("ana", "ben"), first, at, 7, 2).shifts(CHICAGO)
    assert one[2] == two[1] == handover
    known = roster(*(Shift(str(order), "lead", *turn, order) for order, turn in enumerate((one, two))))
    before, after = (known.on_duty("lead", handover + timedelta(seconds=late)) for late in (-1, 0))
    assert [before and before.id, after and after.id] == ["ana", "ben"]


def test_a_gap_over_a_clock_change_is_as_long_as_it_really_is() -> None:
    saturday = datetime(2026, 10, 31, 0, 0, tzinfo=CHICAGO)
    monday = datetime(2026, 11, 2, 0, 0, tzinfo=CHICAGO)
    week = timedelta(days=7)
    known = roster(
        Shift("a", "lead", "ana", saturday - week, saturday.astimezone(UTC)),
        Shift("b", "lead", "ben", monday.astimezone(UTC), monday + week),
    )
    [gap] = coverage_gaps(known, saturday - week, monday + week)
    assert gap.ends_at is not None
    assert gap.ends_at - gap.starts_at == timedelta(hours=49)


def test_somebody_who_left_leaves_a_gap() -> None:
    known = Roster([LEAD], PEOPLE[1:], [shift("ana", 0, 24)])
    assert known.on_duty("lead", START) is None
    gaps = coverage_gaps(known, START, START + timedelta(hours=24))
    assert [(gap.starts_at, gap.ends_at) for gap in gaps] == [(START, START + timedelta(hours=24))]


def test_it_asks_the_backup_then_whoever_may_speak() -> None:
    known = roster(shift("ben", 0, 24, role="backup"))
    assert [(each.person.id, each.via) for each in known.answering("lead", START)][:1] == [("ana", "lead")]
    staffed = roster(shift("ben", 0, 24, role="backup"), shift("ana", 48, 72))
    assert [(each.person.id, each.via) for each in staffed.answering("lead", START)] == [
        ("ben", "backup"),
        ("ana", None),
    ]


def test_a_role_without_shifts_is_everybody_who_may_hold_it() -> None:
    assert [each.person.id for each in roster().answering("expert", START)] == ["cy", "ben", "ana"]


def test_roles_that_fall_to_each_other_end() -> None:
    assert [each.person.id for each in roster(shift("ana", 48, 72)).answering("lead", START)] == ["ben", "ana"]


def test_an_expert_may_not_speak_whatever_the_role_is_called() -> None:
    assert {role.key for role in USUAL_ROLES if may(role.console_role, Permission.POST)} == {
        "incident_commander",
        "comms_lead",
        "comms_backup",
    }


@given(st.integers(-5, 90 * 24))
def test_the_alarm_is_the_last_one_that_has_come(ahead: int) -> None:
    gap = CoverageGap(("lead",), START + timedelta(hours=ahead), None)
    come = [days for days in STAGES if ahead <= days * 24]
    assert stage_due(gap, START) == (min(come) if come else None)


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        ((26, 9), (26, 17), ["office hours"]),
        ((26, 20), (27, 6), ["nights"]),
        ((21, 10), (21, 12), ["weekend"]),
        ((25, 0), (26, 0), ["Founders' day", "nights"]),
    ],
)
def test_it_says_what_a_gap_touches(start: tuple[int, int], end: tuple[int, int], wanted: list[str]) -> None:
    span = [datetime(2026, 11, day, hour, tzinfo=CHICAGO).astimezone(UTC) for day, hour in (start, end)]
    special = [SpecialDay(date(2026, 11, 25), "Founders' day", DayKind.CLOSED)]
    gap = CoverageGap(("lead",), *span)
    within = (START, START + timedelta(days=60))
    assert touched(gap, CHICAGO, special, within=within, opens=time(8), closes=time(17, 30)) == wanted


@pytest.mark.parametrize("days", [0, -1, 401])
def test_a_stretch_has_a_length(days: int) -> None:
    with pytest.raises(RefusedError):
        check_span(START, START + timedelta(days=days))
