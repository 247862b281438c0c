"""Taking history in: known by source and id, repeated without a trace, never told to anybody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.commands.imported import (
    ImportedChange,
    ImportedComponent,
    ImportedIncident,
    ImportedMaintenance,
    ImportedRecord,
    ImportedUpdate,
)
from app.commands.imported_components import ComponentRef, upsert_components
from app.commands.imports import Outcome, record_import, upsert_history, upsert_incident, upsert_maintenance
from app.commands.incidents import post_update
from app.commands.maintenance import advance_maintenances
from app.domain.components import ComponentStatus
from app.domain.errors import RefusedError
from app.domain.incidents import Incident, IncidentStatus, UpdateDraft
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.domain.severity import Impact, Kind, Severity
from app.store.components import component_row, live_components
from app.store.incidents import incident_versions, incidents_by_id
from app.store.maintenance import maintenance_versions, maintenances_by_id
from app.store.outbox import unpublished
from app.store.session import Database
from tests.commands.world import NOW, build
from tests.importers.world import rows

BEGAN = datetime(2025, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
WELL, DOWN = ComponentStatus.OPERATIONAL, ComponentStatus.MAJOR_OUTAGE
INVESTIGATING, RESOLVED = IncidentStatus.INVESTIGATING, IncidentStatus.RESOLVED
NAMES = (ImportedComponent("L1", "Lockboxes", is_live=True), ImportedComponent("F9", "Fax", is_live=False))


def said(number: int, status: IncidentStatus | MaintenanceStatus, hours: float, **fields: Any) -> ImportedUpdate:
    at = BEGAN + hours * HOUR
    given: dict[str, Any] = {"external_id": f"u{number}", "status": status, "body": f"Words {number}."}
    return ImportedUpdate(**(given | {"display_at": at, "created_at": at, "updated_at": at} | fields))


FELL = said(1, INVESTIGATING, 0, changes=(ImportedChange("L1", "Lockboxes", WELL, DOWN),))
ROSE = said(2, RESOLVED, 2, changes=(ImportedChange("L1", "Lockboxes", DOWN, WELL),))

OPEN = ImportedIncident(
    external_id="one",
    title="Lockboxes do not open",
    kind=Kind.OUTAGE,
    impact=Impact.MAJOR,
    severity=Severity.HIGH,
    status=INVESTIGATING,
    started_at=BEGAN,
    created_at=BEGAN,
    updated_at=BEGAN,
    updates=(FELL,),
    states={"L1": DOWN},
    defects=("It names no town.",),
)
OVER = replace(
    OPEN,
    status=RESOLVED,
    resolved_at=BEGAN + 2 * HOUR,
    updated_at=BEGAN + 2 * HOUR,
    updates=(FELL, ROSE),
    states={"L1": WELL},
)
WORK = ImportedMaintenance(
    external_id="one",
    title="New batteries",
    status=MaintenanceStatus.IN_PROGRESS,
    scheduled_for=BEGAN,
    scheduled_until=BEGAN + HOUR,
    started_at=BEGAN,
    created_at=BEGAN,
    updated_at=BEGAN,
    updates=(said(1, MaintenanceStatus.IN_PROGRESS, 0),),
    states={"L1": ComponentStatus.UNDER_MAINTENANCE},
)


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
    return database


def names(
    world: Database, components: Sequence[ImportedComponent] = NAMES, source: str = "paper"
) -> dict[str, ComponentRef]:
    with world.transaction() as session:
        return upsert_components(session, source, components, now=NOW)


def take(world: Database, *records: ImportedRecord, source: str = "paper") -> list[Outcome | RefusedError]:
    refs = names(world, source=source)
    with world.transaction() as session:
        return upsert_history(session, source, records, refs)


def incidents(world: Database) -> list[Incident]:
    with world.read() as session:
        return list(incidents_by_id(session, list(incident_versions(session))).values())


def works(world: Database) -> list[Maintenance]:
    with world.read() as session:
        return list(maintenances_by_id(session, list(maintenance_versions(session))).values())


def test_an_incident_arrives_whole(world: Database) -> None:
    assert take(world, OVER) == [Outcome.CREATED]
    (kept,) = incidents(world)
    assert (kept.title, kept.status, kept.severity, kept.urgency) == (OVER.title, RESOLVED, Severity.HIGH, None)
    assert (kept.started_at, kept.resolved_at, kept.version) == (BEGAN, BEGAN + 2 * HOUR, 1)
    assert (kept.source, kept.defects) == ("paper", ("It names no town.",))
    assert [(update.body, update.display_at) for update in kept.updates] == [
        ("Words 1.", BEGAN),
        ("Words 2.", BEGAN + 2 * HOUR),
    ]
    assert [change.slug for change in kept.updates[0].changes] == ["lockboxes"]
    assert not any(update.deliver_notifications for update in kept.updates)


def test_the_same_again_leaves_every_row_as_it_was(world: Database) -> None:
    take(world, OVER, WORK)
    before = rows(world)
    assert take(world, OVER, WORK) == [Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert rows(world) == before


def test_more_updates_are_gained_and_the_known_ones_keep_id_and_number(world: Database) -> None:
    take(world, OPEN)
    (before,) = incidents(world)
    assert take(world, OVER) == [Outcome.CHANGED]
    (after,) = incidents(world)
    assert (after.id, after.number, after.version) == (before.id, before.number, 2)
    assert after.updates[0] == before.updates[0]
    assert [update.body for update in after.updates] == ["Words 1.", "Words 2."]
    assert after.components[0].status is WELL


def test_an_edited_update_keeps_id_and_number(world: Database) -> None:
    take(world, OPEN)
    (before,) = incidents(world)
    take(world, replace(OPEN, updates=(replace(FELL, body="Better words."),)))
    (after,) = incidents(world)
    assert after.updates[0].body == "Better words."
    assert (after.updates[0].id, after.updates[0].number) == (before.updates[0].id, before.updates[0].number)
    assert after.version == 2


def test_what_vanished_upstream_stays_here(world: Database) -> None:
    take(world, OVER, replace(OPEN, external_id="two"))
    assert take(world, replace(OVER, updates=(ROSE,))) == [Outcome.UNCHANGED]
    assert sorted(len(kept.updates) for kept in incidents(world)) == [1, 2]


def test_an_update_that_arrives_late_takes_its_place_in_time(world: Database) -> None:
    take(world, OVER)
    between = said(3, INVESTIGATING, 1)
    take(world, replace(OVER, updates=(FELL, between, ROSE)))
    (kept,) = incidents(world)
    assert [update.body for update in kept.updates] == ["Words 1.", "Words 3.", "Words 2."]


def test_the_same_id_from_another_source_is_another_incident(world: Database) -> None:
    take(world, OVER)
    assert take(world, OVER, source="other paper") == [Outcome.CREATED]
    assert len(incidents(world)) == 2


def test_an_incident_that_our_people_resolved_stays_resolved(world: Database) -> None:
    take(world, OPEN)
    (kept,) = incidents(world)
    with world.transaction() as session:
        post_update(session, kept.id, UpdateDraft(RESOLVED, "We fixed it."), now=NOW)
    assert take(world, OPEN) == [Outcome.UNCHANGED]
    (after,) = incidents(world)
    assert (after.status, after.resolved_at, after.components[0].status) == (RESOLVED, NOW, WELL)
    assert [update.body for update in after.updates] == ["Words 1.", "We fixed it."]


def test_when_its_source_speaks_later_than_our_people_the_source_is_believed(world: Database) -> None:
    take(world, OPEN)
    (kept,) = incidents(world)
    with world.transaction() as session:
        post_update(session, kept.id, UpdateDraft(RESOLVED, "We fixed it."), now=NOW)
    again = said(7, INVESTIGATING, 0, display_at=NOW + HOUR)
    take(world, replace(OPEN, updates=(FELL, again)))
    (after,) = incidents(world)
    assert (after.status, after.resolved_at) == (INVESTIGATING, None)
    assert [update.body for update in after.updates] == ["Words 1.", "We fixed it.", "Words 7."]


def test_planned_work_arrives_and_the_clock_leaves_it_alone(world: Database) -> None:
    assert take(world, WORK) == [Outcome.CREATED]
    with world.transaction() as session:
        assert advance_maintenances(session, now=NOW) == 0
    (kept,) = works(world)
    assert (kept.status, kept.auto_start, kept.auto_complete) == (MaintenanceStatus.IN_PROGRESS, False, False)
    assert kept.components[0].status is ComponentStatus.UNDER_MAINTENANCE


def test_planned_work_gains_updates_too(world: Database) -> None:
    take(world, WORK)
    (before,) = works(world)
    ended = said(2, MaintenanceStatus.COMPLETED, 1)
    done = replace(
        WORK,
        status=MaintenanceStatus.COMPLETED,
        completed_at=BEGAN + HOUR,
        updates=(*WORK.updates, ended),
        states={"L1": WELL},
    )
    assert take(world, done) == [Outcome.CHANGED]
    (after,) = works(world)
    assert (after.status, after.version, len(after.updates)) == (MaintenanceStatus.COMPLETED, 2, 2)
    assert after.updates[0] == before.updates[0]


@pytest.mark.parametrize(
    "bad",
    [
        replace(OVER, external_id=""),
        replace(OVER, title="x" * 201),
        replace(OVER, resolved_at=BEGAN - HOUR),
        replace(OVER, resolved_at=None),
        replace(OPEN, resolved_at=BEGAN),
        replace(OPEN, updates=(FELL, FELL)),
        replace(OPEN, updates=(replace(FELL, body="x" * 25_001),)),
        replace(WORK, completed_at=BEGAN),
    ],
)
def test_a_bad_record_is_answered_and_the_rest_arrive(world: Database, bad: ImportedRecord) -> None:
    outcomes = take(world, replace(OVER, external_id="before"), bad, replace(OVER, external_id="after"))
    assert [outcomes[0], outcomes[2]] == [Outcome.CREATED, Outcome.CREATED]
    assert isinstance(outcomes[1], RefusedError)
    assert len(incidents(world)) == 2


def test_a_record_that_the_database_refuses_leaves_nothing_of_itself(world: Database) -> None:
    outcomes = take(world, OVER, OVER)
    assert outcomes[0] is Outcome.CREATED
    assert str(outcomes[1]) == "The database would not take it."
    (kept,) = incidents(world)
    assert len(kept.updates) == 2


def test_one_at_a_time_works_as_well(world: Database) -> None:
    refs = names(world)
    with world.transaction() as session:
        assert upsert_incident(session, "paper", OPEN, refs) is Outcome.CREATED
        assert upsert_incident(session, "paper", OVER, refs) is Outcome.CHANGED
        assert upsert_maintenance(session, "paper", WORK, refs) is Outcome.CREATED
        assert upsert_maintenance(session, "paper", WORK, refs) is Outcome.UNCHANGED


def test_importing_tells_nobody_but_the_page(world: Database) -> None:
    with world.read() as session:
        before = len(unpublished(session))
    take(world, OPEN, WORK)
    with world.transaction() as session:
        record_import(session, "paper", 2, now=NOW)
    with world.read() as session:
        (event,) = unpublished(session)[before:]
    assert (event.name, event.payload) == ("history_imported", {"source": "paper", "incidents": 2})


def test_a_component_is_known_by_its_name_and_never_edited(world: Database) -> None:
    with world.read() as session:
        before = component_row(session, "lockboxes")
    refs = names(world, [ImportedComponent("L1", "LOCKBOXES", is_live=True, description="Ours is better")])
    assert refs["L1"].slug == "lockboxes"
    assert not refs["L1"].is_new
    with world.read() as session:
        assert component_row(session, "lockboxes") == before


def test_a_component_of_history_is_kept_off_the_page(world: Database) -> None:
    refs = names(world)
    assert (refs["F9"].slug, refs["F9"].is_new) == ("fax", True)
    with world.read() as session:
        assert "fax" not in [item.slug for item in live_components(session)]


def test_a_component_of_history_comes_onto_the_page_when_its_source_calls_it_live(world: Database) -> None:
    first = names(world)["F9"]
    second = names(world, [replace(NAMES[1], is_live=True)])["F9"]
    assert (second.id, second.is_new) == (first.id, True)
    with world.read() as session:
        assert "fax" in [item.slug for item in live_components(session)]


def test_a_component_that_a_person_retired_stays_retired(world: Database) -> None:
    live = [replace(NAMES[1], is_live=True)]
    names(world, live)
    with world.transaction() as session:
        row = component_row(session, "fax")
        assert row is not None
        row.retired_at = NOW + HOUR
    assert not names(world, live)["F9"].is_new
    with world.read() as session:
        assert "fax" not in [item.slug for item in live_components(session)]


def test_slugs_are_made_from_names_and_are_unique(world: Database) -> None:
    given = [("a", "Café (Zürich)"), ("b", "cafe zurich"), ("c", "日本"), ("d", "--"), ("e", "x" * 300)]
    refs = names(world, [ImportedComponent(key, name, is_live=True) for key, name in given])
    assert [ref.slug for ref in refs.values()] == ["cafe-zurich", "cafe-zurich-2", "component", "component-2", "x" * 60]


def test_new_components_join_their_group(world: Database) -> None:
    names(world, [ImportedComponent("a", "Alarm", True, "SIGNING IN"), ImportedComponent("b", "Bell", True, "Doors")])
    with world.read() as session:
        groups = {item.slug: item.group for item in live_components(session)}
    assert (groups["alarm"], groups["bell"]) == ("signin", "doors")
