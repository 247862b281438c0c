"""The past as bars show it: days, what was worst on them, and how long nobody could get in."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.components import AuthMode, Component, ComponentStatus, DirectLink
from app.domain.history import Day, component_days, total_unreachable
from app.domain.incidents import AffectedComponent, ComponentChange, Incident, IncidentStatus, IncidentUpdate
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.domain.reach import Reach, reach_of
from app.domain.severity import Impact, Kind

CHICAGO = ZoneInfo("America/Chicago")
HOUR = timedelta(hours=1)
NONE = timedelta()
OPERATIONAL, DEGRADED, PARTIAL, MAJOR, PLANNED = (
    ComponentStatus.OPERATIONAL,
    ComponentStatus.DEGRADED_PERFORMANCE,
    ComponentStatus.PARTIAL_OUTAGE,
    ComponentStatus.MAJOR_OUTAGE,
    ComponentStatus.UNDER_MAINTENANCE,
)
INVESTIGATING, IDENTIFIED, RESOLVED = (
    IncidentStatus.INVESTIGATING,
    IncidentStatus.IDENTIFIED,
    IncidentStatus.RESOLVED,
)


def local(*parts: int) -> datetime:
    """A wall-clock moment in Chicago, as UTC."""
    return datetime(*parts, tzinfo=CHICAGO).astimezone(UTC)  # type: ignore[arg-type,misc]


NOW = local(2026, 4, 10, 12)
"""A Friday noon."""


def component(slug: str, **given: object) -> Component:
    return Component(id=slug, slug=slug, name=slug, position=1, created_at=NOW, updated_at=NOW, **given)  # type: ignore[arg-type]


DASHBOARD = component("dashboard")
SEARCH = component("search", reached_via=("dashboard",), direct_link=DirectLink(auth_mode=AuthMode.SSO_ONLY))
INPUT = component("input", requires=("search",), reached_via=("dashboard",))
FORMS = component(
    "forms",
    reached_via=("dashboard",),
    direct_link=DirectLink(url="https://forms.example", auth_mode=AuthMode.OWN_PASSWORD),
)
LOCKBOX = component("lockbox")
MLS = (DASHBOARD, SEARCH, INPUT, FORMS, LOCKBOX)


def update(
    at: datetime, status: IncidentStatus, *changes: tuple[str, ComponentStatus, ComponentStatus]
) -> IncidentUpdate:
    said = tuple(ComponentChange(slug, slug, old, new) for slug, old, new in changes)
    return IncidentUpdate("u", 1, status, "words", at, at, at, changes=said)


def incident(
    started_at: datetime,
    *updates: IncidentUpdate,
    components: Sequence[tuple[str, ComponentStatus]] = (),
    resolved_at: datetime | None = None,
    number: int = 1,
) -> Incident:
    status = updates[-1].status if updates else (RESOLVED if resolved_at else INVESTIGATING)
    ended = updates[-1].said_at if updates and not status.is_open else resolved_at
    return Incident(
        id=f"i{number}",
        number=number,
        title="Trouble",
        kind=Kind.OUTAGE,
        impact=Impact.MAJOR,
        status=status,
        started_at=started_at,
        created_at=started_at,
        updated_at=started_at,
        version=1,
        resolved_at=ended,
        updates=updates,
        components=tuple(AffectedComponent(slug, slug, state) for slug, state in components),
    )


def outage(slug: str, began: datetime, ended: datetime, status: ComponentStatus = MAJOR) -> Incident:
    return incident(
        began,
        update(began, INVESTIGATING, (slug, OPERATIONAL, status)),
        update(ended, RESOLVED, (slug, status, OPERATIONAL)),
        components=[(slug, OPERATIONAL)],
    )


def work(
    slug: str,
    began: datetime,
    until: datetime,
    ended: datetime,
    status: MaintenanceStatus = MaintenanceStatus.COMPLETED,
) -> Maintenance:
    return Maintenance(
        id="m",
        number=1,
        title="Upgrade",
        status=status,
        scheduled_for=began,
        scheduled_until=until,
        created_at=began,
        updated_at=began,
        version=1,
        started_at=began,
        completed_at=ended if status is MaintenanceStatus.COMPLETED else None,
        components=(AffectedComponent(slug, slug, OPERATIONAL),),
    )


def days_of(
    *records: Incident | Maintenance, components: Sequence[Component] = MLS, now: datetime = NOW, days: int = 90
) -> dict[str, dict[date, Day]]:
    incidents = [record for record in records if isinstance(record, Incident)]
    works = [record for record in records if isinstance(record, Maintenance)]
    found = component_days(components, incidents, works, now=now, zone=CHICAGO, days=days)
    return {slug: {day.on: day for day in row} for slug, row in found.items()}


def test_it_gives_ninety_days_oldest_first_ending_today() -> None:
    found = component_days(MLS, [], [], now=NOW, zone=CHICAGO)
    assert list(found) == [item.slug for item in MLS]
    assert [day.on for day in found["forms"]] == [
        date(2026, 4, 10) - timedelta(days=back) for back in range(89, -1, -1)
    ]
    assert all(day == Day(day.on) for day in found["forms"])


def test_a_day_begins_at_the_organisations_midnight() -> None:
    late = local(2026, 4, 8, 23, 30)
    found = days_of(outage("lockbox", late, late + HOUR))["lockbox"]
    assert found[date(2026, 4, 8)] == Day(date(2026, 4, 8), MAJOR, HOUR / 2)
    assert found[date(2026, 4, 9)] == Day(date(2026, 4, 9), MAJOR, HOUR / 2)
    assert found[date(2026, 4, 7)] == Day(date(2026, 4, 7))


def test_an_outage_that_ends_at_midnight_leaves_the_next_day_clean() -> None:
    midnight = local(2026, 4, 9, 0)
    found = days_of(outage("lockbox", midnight - HOUR, midnight))["lockbox"]
    assert found[date(2026, 4, 8)].unreachable == HOUR
    assert found[date(2026, 4, 9)] == Day(date(2026, 4, 9))


def test_a_shut_front_door_counts_for_everything_behind_it_that_has_no_other() -> None:
    began = local(2026, 4, 8, 10)
    on = date(2026, 4, 8)
    found = days_of(outage("dashboard", began, began + 3 * HOUR))
    assert found["search"][on] == Day(on, OPERATIONAL, 3 * HOUR)
    assert found["input"][on].unreachable == 3 * HOUR
    assert found["forms"][on] == Day(on)
    assert found["lockbox"][on] == Day(on)


def test_slow_is_remembered_as_the_worst_but_was_never_unreachable() -> None:
    began = local(2026, 4, 8, 10)
    found = days_of(outage("forms", began, began + HOUR, DEGRADED), outage("forms", began, began + HOUR, PARTIAL))
    assert found["forms"][date(2026, 4, 8)] == Day(date(2026, 4, 8), PARTIAL, NONE)


def test_two_outages_at_once_are_not_counted_twice() -> None:
    began = local(2026, 4, 8, 10)
    found = days_of(outage("forms", began, began + 2 * HOUR), outage("forms", began + HOUR, began + 3 * HOUR))
    assert found["forms"][date(2026, 4, 8)].unreachable == 3 * HOUR


def test_the_first_words_describe_how_it_was_since_the_start() -> None:
    began, said = local(2026, 4, 8, 9, 42), local(2026, 4, 8, 9, 50)
    found = days_of(
        incident(
            began,
            update(said, INVESTIGATING, ("dashboard", OPERATIONAL, MAJOR)),
            update(said + HOUR, IDENTIFIED, ("forms", OPERATIONAL, MAJOR)),
            update(said + 2 * HOUR, RESOLVED),
        )
    )
    on = date(2026, 4, 8)
    assert found["dashboard"][on].unreachable == 2 * HOUR + timedelta(minutes=8)
    assert found["forms"][on].unreachable == HOUR


def test_it_follows_a_component_from_state_to_state() -> None:
    began = local(2026, 4, 8, 8)
    found = days_of(
        incident(
            began,
            update(began, INVESTIGATING, ("forms", OPERATIONAL, MAJOR)),
            update(began + HOUR, IDENTIFIED, ("forms", MAJOR, DEGRADED)),
            update(began + 5 * HOUR, IDENTIFIED, ("forms", DEGRADED, MAJOR)),
            update(began + 7 * HOUR, RESOLVED, ("forms", MAJOR, OPERATIONAL)),
        )
    )
    assert found["forms"][date(2026, 4, 8)].unreachable == 3 * HOUR


def test_the_time_between_resolved_and_reopened_is_not_counted() -> None:
    began = local(2026, 4, 7, 9)
    found = days_of(
        incident(
            began,
            update(began, INVESTIGATING, ("forms", OPERATIONAL, MAJOR)),
            update(began + 2 * HOUR, RESOLVED),
            update(began + 24 * HOUR, INVESTIGATING),
            update(began + 25 * HOUR, RESOLVED),
        )
    )
    assert found["forms"][date(2026, 4, 7)].unreachable == 2 * HOUR
    assert found["forms"][date(2026, 4, 8)].unreachable == HOUR


def test_an_open_outage_counts_up_to_now_and_no_further() -> None:
    began = local(2026, 4, 9, 12)
    found = days_of(incident(began, update(began, INVESTIGATING, ("forms", OPERATIONAL, MAJOR))))
    assert found["forms"][date(2026, 4, 9)].unreachable == 12 * HOUR
    assert found["forms"][date(2026, 4, 10)].unreachable == 12 * HOUR


def test_an_imported_record_without_updates_had_its_listed_state_throughout() -> None:
    began = local(2026, 4, 8, 9)
    found = days_of(incident(began, components=[("forms", MAJOR)], resolved_at=began + HOUR))
    assert found["forms"][date(2026, 4, 8)] == Day(date(2026, 4, 8), MAJOR, HOUR)


def test_a_record_that_ended_before_it_began_marks_its_day_and_counts_no_time() -> None:
    began = local(2026, 4, 8, 9)
    found = days_of(incident(began, components=[("forms", MAJOR)], resolved_at=began - HOUR))
    assert found["forms"][date(2026, 4, 8)] == Day(date(2026, 4, 8), MAJOR, NONE)


def test_an_outage_that_began_before_the_first_day_is_cut_there() -> None:
    began = local(2026, 3, 1, 9)
    found = days_of(outage("forms", began, NOW - HOUR), days=3)["forms"]
    assert list(found) == [date(2026, 4, 8), date(2026, 4, 9), date(2026, 4, 10)]
    assert [day.unreachable for day in found.values()] == [24 * HOUR, 24 * HOUR, 11 * HOUR]


@pytest.mark.parametrize(
    ("on", "hours"), [(date(2026, 3, 8), 23), (date(2026, 3, 9), 24), (date(2025, 11, 2), 25), (date(2025, 11, 3), 24)]
)
def test_a_day_on_which_the_clocks_change_has_its_true_length(on: date, hours: int) -> None:
    began = datetime(on.year, on.month, on.day, tzinfo=UTC) - timedelta(days=2)
    found = days_of(outage("forms", began, began + timedelta(days=5)), now=began + timedelta(days=9), days=20)
    assert found["forms"][on].unreachable == hours * HOUR


def test_announced_work_is_told_apart_from_failure_and_shuts_what_needs_it() -> None:
    began = local(2026, 4, 8, 1)
    found = days_of(work("search", began, began + 2 * HOUR, began + 2 * HOUR))
    on = date(2026, 4, 8)
    assert found["search"][on] == Day(on, PLANNED, NONE, 2 * HOUR)
    assert found["input"][on] == Day(on, OPERATIONAL, NONE, 2 * HOUR)
    assert found["forms"][on] == Day(on)


def test_work_that_overran_its_announced_end_counts_as_unreachable_from_there() -> None:
    began = local(2026, 4, 8, 1)
    found = days_of(work("forms", began, began + 2 * HOUR, began + 3 * HOUR))
    assert found["forms"][date(2026, 4, 8)] == Day(date(2026, 4, 8), PLANNED, HOUR, 2 * HOUR)


def test_failure_during_announced_work_is_failure() -> None:
    began = local(2026, 4, 8, 1)
    done = work("forms", began, began + 2 * HOUR, began + 2 * HOUR)
    found = days_of(done, outage("forms", began + HOUR, began + 2 * HOUR))
    assert found["forms"][date(2026, 4, 8)] == Day(date(2026, 4, 8), MAJOR, HOUR, HOUR)


def test_work_that_has_not_begun_closed_nothing() -> None:
    began = NOW - HOUR
    found = days_of(work("forms", began, NOW + HOUR, NOW, MaintenanceStatus.SCHEDULED))
    assert all(day == Day(day.on) for day in found["forms"].values())


def test_work_that_goes_on_counts_up_to_now() -> None:
    found = days_of(work("forms", NOW - HOUR, NOW + HOUR, NOW, MaintenanceStatus.IN_PROGRESS))
    assert found["forms"][date(2026, 4, 10)] == Day(date(2026, 4, 10), PLANNED, NONE, HOUR)


def test_work_called_off_before_its_window_closed_nothing() -> None:
    called_off = work("forms", NOW - HOUR, NOW, NOW - 5 * HOUR)
    found = component_days(MLS, [], [called_off], now=NOW, zone=CHICAGO)
    assert all(day == Day(day.on) for day in found["forms"])


def test_today_shows_what_a_component_reports_of_itself() -> None:
    found = days_of(components=[component("forms", status=PARTIAL)])
    assert found["forms"][date(2026, 4, 10)].worst is PARTIAL
    assert found["forms"][date(2026, 4, 9)].worst is OPERATIONAL


def test_components_that_are_gone_are_left_out() -> None:
    found = days_of(outage("fax", NOW - HOUR, NOW))
    assert set(found) == {item.slug for item in MLS}


def test_total_unreachable_adds_the_days_up() -> None:
    began = local(2026, 4, 8, 23)
    row = component_days(MLS, [outage("forms", began, began + 3 * HOUR)], [], now=NOW, zone=CHICAGO)["forms"]
    assert total_unreachable(row) == 3 * HOUR


moments = st.integers(0, 20 * 24 * 60).map(lambda minutes: local(2026, 2, 28) + timedelta(minutes=minutes))
statuses = st.sampled_from(list(ComponentStatus))
slugs = st.sampled_from([item.slug for item in MLS])
said = st.builds(
    lambda at, status, slug, new: update(at, status, (slug, OPERATIONAL, new)),
    moments,
    st.sampled_from(list(IncidentStatus)),
    slugs,
    statuses,
)
incidents = st.builds(
    lambda began, updates, components, ended: incident(began, *updates, components=components, resolved_at=ended),
    moments,
    st.lists(said, max_size=5),
    st.lists(st.tuples(slugs, statuses), max_size=3, unique_by=lambda pair: pair[0]),
    st.none() | moments,
)
works = st.builds(work, slugs, moments, moments, moments, st.sampled_from(list(MaintenanceStatus)))


@given(st.lists(incidents, max_size=5), st.lists(works, max_size=3), moments)
def test_no_day_ever_lasts_longer_than_it_did(
    records: list[Incident], planned: list[Maintenance], now: datetime
) -> None:
    for row in component_days(MLS, records, planned, now=now, zone=CHICAGO, days=12).values():
        for day in row:
            midnight, next_midnight = (
                datetime(on.year, on.month, on.day, tzinfo=CHICAGO).astimezone(UTC)
                for on in (day.on, day.on + timedelta(days=1))
            )
            assert day.unreachable >= NONE
            assert day.planned >= NONE
            assert day.unreachable + day.planned <= min(next_midnight, now) - midnight


@given(st.lists(incidents, max_size=4), st.lists(works, max_size=2), incidents, moments)
def test_one_more_incident_never_makes_the_past_look_better(
    records: list[Incident], planned: list[Maintenance], another: Incident, now: datetime
) -> None:
    order = list(ComponentStatus)
    before = component_days(MLS, records, planned, now=now, zone=CHICAGO, days=12)
    after = component_days(MLS, [*records, another], planned, now=now, zone=CHICAGO, days=12)
    for slug, row in before.items():
        for old, new in zip(row, after[slug], strict=True):
            assert new.unreachable >= old.unreachable
            assert order.index(new.worst) >= order.index(old.worst)


names = [f"c{number}" for number in range(6)]
edges = st.lists(st.sampled_from(names), max_size=2, unique=True).map(tuple)
graphs = st.tuples(*(st.builds(partial(component, name), requires=edges, reached_via=edges) for name in names))


@given(graphs, st.sets(st.sampled_from(names)))
def test_an_hour_is_lost_to_exactly_those_that_reach_calls_shut(graph: tuple[Component, ...], down: set[str]) -> None:
    began = local(2026, 4, 8, 10)
    found = days_of(*(outage(slug, began, began + HOUR) for slug in down), components=graph)
    for slug, way in reach_of(graph, down).items():
        is_shut = way.reach in (Reach.STOPPED, Reach.LOCKED_OUT)
        assert found[slug][date(2026, 4, 8)].unreachable == (HOUR if is_shut else NONE) or _is_enclosed(slug, graph)


def _is_enclosed(slug: str, graph: tuple[Component, ...]) -> bool:
    """Whether nobody can ever get in: such a graph is refused, and shut without any outage."""
    return reach_of(graph, ())[slug].reach is not Reach.WORKING
