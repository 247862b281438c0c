"""Planned work is announced, carried through by the clock, extended and ended."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.commands.maintenance import (
    MaintenanceDraft,
    advance_maintenances,
    cancel_maintenance,
    post_maintenance_update,
    schedule_maintenance,
)
from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.store.maintenance import the_maintenance
from app.store.notices import NoticeRow
from app.store.outbox import unpublished
from app.store.session import Database
from tests.commands.world import NOW, build

BEGINS, ENDS = NOW + timedelta(hours=3), NOW + timedelta(hours=6)


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
    return database


def planned(world: Database, **fields: object) -> Maintenance:
    given: dict[str, object] = {
        "title": "Forms upgrade",
        "body": "Forms close at night.",
        "components": ["forms"],
        "scheduled_for": BEGINS,
        "scheduled_until": ENDS,
    }
    with world.transaction() as session:
        return schedule_maintenance(session, MaintenanceDraft(**(given | fields)), now=NOW)  # type: ignore[arg-type]


def advanced(world: Database, hours: float) -> int:
    with world.transaction() as session:
        return advance_maintenances(session, now=NOW + timedelta(hours=hours))


def reread(world: Database, work: Maintenance) -> Maintenance:
    with world.read() as session:
        found = the_maintenance(session, work.id)
    assert found is not None
    return found


def test_the_clock_carries_it_through_and_never_twice(world: Database) -> None:
    work = planned(world, verify_for=timedelta(minutes=30))
    assert [advanced(world, hours) for hours in (2, 3, 3, 5.5, 6, 6, 99)] == [0, 1, 0, 1, 1, 0, 0]
    work = reread(world, work)
    assert [update.status for update in work.updates] == list(MaintenanceStatus)
    assert (work.started_at, work.completed_at) == (BEGINS, ENDS)


def test_after_a_night_without_power_each_step_is_dated_when_it_was_due(world: Database) -> None:
    work = planned(world)
    assert advanced(world, 48) == 2
    assert [update.said_at for update in reread(world, work).updates] == [NOW, BEGINS, ENDS]


def test_its_components_are_closed_only_while_it_lasts(world: Database) -> None:
    work = planned(world)
    advanced(world, 4)
    assert [item.status for item in reread(world, work).components] == [ComponentStatus.UNDER_MAINTENANCE]
    advanced(world, 7)
    assert [item.status for item in reread(world, work).components] == [ComponentStatus.OPERATIONAL]


def test_an_extension_moves_the_end(world: Database) -> None:
    work = planned(world)
    advanced(world, 4)
    with world.transaction() as session:
        later = ENDS + timedelta(hours=2)
        post_maintenance_update(
            session, work.id, MaintenanceStatus.IN_PROGRESS, "Slower.", now=NOW, scheduled_until=later
        )
    assert advanced(world, 7) == 0
    assert advanced(world, 8) == 1


def test_every_step_is_an_event(world: Database) -> None:
    planned(world)
    advanced(world, 99)
    with world.read() as session:
        assert [event.name for event in unpublished(session)].count("maintenance_updated") == 3


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"title": ""}, "title"),
        ({"body": " "}, "body"),
        ({"components": ["ghost"]}, "components"),
        ({"scheduled_until": BEGINS}, "scheduled_until"),
        ({"scheduled_for": NOW - timedelta(hours=2), "scheduled_until": NOW - timedelta(hours=1)}, "scheduled_until"),
        ({"verify_for": timedelta(hours=3)}, "verify_for"),
    ],
)
def test_it_refuses_what_makes_no_sense_and_names_the_field(
    world: Database, fields: dict[str, object], where: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        planned(world, **fields)
    assert where in refused.value.problems


def test_a_stale_writer_and_a_step_backwards_are_refused(world: Database) -> None:
    work = planned(world)
    advanced(world, 4)
    with pytest.raises(StaleVersionError), world.transaction() as session:
        post_maintenance_update(
            session, work.id, MaintenanceStatus.COMPLETED, "Done.", now=NOW, expected_version=work.version
        )
    with pytest.raises(RefusedError), world.transaction() as session:
        post_maintenance_update(session, work.id, MaintenanceStatus.SCHEDULED, "Again.", now=NOW)


def test_unknown_work_is_named(world: Database) -> None:
    with pytest.raises(NotFoundError, match="“nope”"), world.transaction() as session:
        post_maintenance_update(session, "nope", MaintenanceStatus.COMPLETED, "Done.", now=NOW)


def told_of(world: Database) -> list[object]:
    """Which words were chosen for every notice of planned work, oldest first."""
    with world.read() as session:
        return [row.content.get("event") for row in session.exec(select(NoticeRow).order_by(NoticeRow.id))]


def changed(world: Database, work: Maintenance, status: MaintenanceStatus, **window: object) -> Maintenance:
    with world.transaction() as session:
        return post_maintenance_update(session, work.id, status, "News.", now=NOW, **window)  # type: ignore[arg-type]


def test_it_moves_before_it_begins_and_says_so(world: Database) -> None:
    work = planned(world)
    later = {"scheduled_for": BEGINS + timedelta(days=1), "scheduled_until": ENDS + timedelta(days=1)}
    work = changed(world, work, MaintenanceStatus.SCHEDULED, **later)
    assert (work.scheduled_for, work.scheduled_until) == tuple(later.values())
    assert told_of(world) == [None, "maintenance_moved"]
    assert advanced(world, 10) == 0


def test_it_starts_now_and_then_takes_longer(world: Database) -> None:
    work = changed(world, planned(world), MaintenanceStatus.IN_PROGRESS)
    assert work.started_at == NOW
    work = changed(world, work, MaintenanceStatus.IN_PROGRESS, scheduled_until=ENDS + timedelta(hours=2))
    assert work.scheduled_until == ENDS + timedelta(hours=2)
    assert told_of(world) == [None, None, "maintenance_extended"]


def test_it_cannot_move_once_it_has_begun(world: Database) -> None:
    work = changed(world, planned(world), MaintenanceStatus.IN_PROGRESS)
    with pytest.raises(RefusedError, match="begun"):
        changed(world, work, MaintenanceStatus.IN_PROGRESS, scheduled_for=BEGINS + timedelta(hours=1))


def test_it_cannot_move_into_the_past(world: Database) -> None:
    with pytest.raises(RefusedError, match="passed"):
        changed(
            world,
            planned(world),
            MaintenanceStatus.SCHEDULED,
            scheduled_for=NOW - timedelta(hours=2),
            scheduled_until=NOW - timedelta(hours=1),
        )


def test_it_is_cancelled_with_words_of_its_own_and_never_starts(world: Database) -> None:
    work = planned(world)
    with world.transaction() as session:
        work = cancel_maintenance(session, work.id, "Not needed.", now=NOW, expected_version=work.version)
    assert work.is_cancelled
    assert work.status is MaintenanceStatus.COMPLETED
    assert work.started_at is None
    assert told_of(world) == [None, "maintenance_cancelled"]
    assert advanced(world, 10) == 0


def test_it_is_not_cancelled_once_it_has_begun(world: Database) -> None:
    work = changed(world, planned(world), MaintenanceStatus.IN_PROGRESS)
    with world.transaction() as session, pytest.raises(RefusedError, match="finished, not cancelled"):
        cancel_maintenance(session, work.id, "Never mind.", now=NOW)


def test_it_is_not_cancelled_over_somebody_else_s_change(world: Database) -> None:
    work = planned(world)
    changed(world, work, MaintenanceStatus.SCHEDULED)
    with world.transaction() as session, pytest.raises(StaleVersionError):
        cancel_maintenance(session, work.id, "Never mind.", now=NOW, expected_version=work.version)
