"""Opening, updating, resolving and reopening: one transaction each, nothing half done."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlmodel import select

from app.commands.incident_weight import weigh_incident
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.domain.components import ComponentStatus
from app.domain.composing import ELSE_WORKS
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.incidents import Incident, IncidentStatus, UpdateDraft, component_states
from app.domain.severity import Impact, Severity, Urgency
from app.store.incidents import IncidentRow, IncidentUpdateRow, open_incidents, the_incident
from app.store.outbox import OutboxRow, unpublished
from app.store.session import Database
from tests.commands.world import NOW, SOON, WHOLE, build, words

DOWN, SLOW, FINE = ComponentStatus.MAJOR_OUTAGE, ComponentStatus.DEGRADED_PERFORMANCE, ComponentStatus.OPERATIONAL
RESOLVED = IncidentStatus.RESOLVED


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
    return database


def opened(world: Database, **fields: object) -> Incident:
    with world.transaction() as session:
        draft = IncidentDraft("Dashboard sign-in down", words(components={"dashboard": DOWN}), **fields)  # type: ignore[arg-type]
        return open_incident(session, draft, now=NOW)


def said(world: Database, incident: Incident, draft: UpdateDraft, minutes: int, **fields: object) -> Incident:
    with world.transaction() as session:
        return post_update(session, incident.id, draft, now=NOW + timedelta(minutes=minutes), **fields)  # type: ignore[arg-type]


def test_it_opens_with_first_words_a_promise_and_a_suggested_severity(world: Database) -> None:
    incident = opened(world)
    assert (incident.severity, incident.urgency, incident.impact) == (
        Severity.CRITICAL,
        Urgency.URGENT,
        Impact.CRITICAL,
    )
    assert incident.promised_at == SOON
    assert [(change.old, change.new) for change in incident.updates[0].changes] == [(FINE, DOWN)]


def test_the_update_and_its_event_commit_together(world: Database) -> None:
    incident = opened(world)
    with world.read() as session:
        event = unpublished(session)[-1]
        assert event.payload == {"incident_id": incident.id, "update_id": incident.updates[0].id, "notify": True}


def test_a_refused_update_leaves_no_row_and_no_event(world: Database) -> None:
    incident = opened(world)
    with world.read() as session:
        before = (session.exec(select(IncidentUpdateRow)).all(), session.exec(select(OutboxRow)).all())
    with pytest.raises(RefusedError, match="“ghost”"):
        said(world, incident, words(components={"forms": SLOW, "ghost": DOWN}), 5)
    with world.read() as session:
        assert (session.exec(select(IncidentUpdateRow)).all(), session.exec(select(OutboxRow)).all()) == before


def test_an_unknown_component_opens_nothing(world: Database) -> None:
    with pytest.raises(RefusedError), world.transaction() as session:
        open_incident(session, IncidentDraft("x", words(components={"ghost": DOWN})), now=NOW)
    with world.read() as session:
        assert session.exec(select(IncidentRow)).all() == []


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"started_at": NOW + timedelta(minutes=1)}, "started_at"),
        ({"first_update": words(RESOLVED)}, "status"),
    ],
)
def test_it_refuses_what_makes_no_sense_and_names_the_field(
    world: Database, fields: dict[str, object], where: str
) -> None:
    given = {"title": "Down", "first_update": words()} | fields
    with pytest.raises(RefusedError) as refused, world.transaction() as session:
        open_incident(session, IncidentDraft(**given), now=NOW)  # type: ignore[arg-type]
    assert where in refused.value.problems


def test_a_short_text_is_completed_from_the_graph(world: Database) -> None:
    draft = UpdateDraft(
        IncidentStatus.INVESTIGATING, body="Nobody can sign in.", components={"dashboard": DOWN}, next_update_at=SOON
    )
    with world.transaction() as session:
        headings = open_incident(session, IncidentDraft("Down", draft), now=NOW).updates[0].headings
    assert headings.what_happened == "Nobody can sign in."
    assert headings.what_is_affected == (
        "Member dashboard and Sign-in codes cannot be used. Contract forms can be reached only by direct sign-in."
    )
    assert headings.how_to_reach == "Use the direct sign-ins on this page for Contract forms."


def test_resolving_frees_every_component_and_reopening_brings_its_state_back(world: Database) -> None:
    incident = said(world, opened(world), words(RESOLVED), 60)
    assert [component.status for component in incident.components] == [FINE]
    assert incident.resolved_at == NOW + timedelta(minutes=60)
    later = NOW + timedelta(hours=3)
    incident = said(world, incident, words(next_update_at=later), 90)
    assert [component.status for component in incident.components] == [DOWN]
    assert incident.resolved_at is None
    assert incident.was_reopened


def test_components_not_named_keep_their_state(world: Database) -> None:
    incident = said(world, opened(world), words(components={"forms": SLOW}), 5)
    assert component_states([incident]) == {"dashboard": DOWN, "forms": SLOW}


def test_what_was_learned_comes_after_the_end_and_does_not_move_it(world: Database) -> None:
    incident = opened(world)
    with pytest.raises(RefusedError, match="Resolve the incident"):
        said(world, incident, words(IncidentStatus.POSTMORTEM), 5)
    said(world, incident, words(RESOLVED), 60)
    incident = said(world, incident, words(IncidentStatus.POSTMORTEM), 4000)
    assert incident.resolved_at == NOW + timedelta(minutes=60)


def test_a_stale_writer_is_told_and_nothing_is_lost(world: Database) -> None:
    incident = opened(world)
    said(world, incident, words(), 5, expected_version=incident.version)
    with pytest.raises(StaleVersionError) as stale:
        said(world, incident, words(), 6, expected_version=incident.version)
    assert stale.value.current == incident.version + 1


def test_it_is_found_by_the_organisations_own_reference(world: Database) -> None:
    opened(world, reference="HP-2026-0404")
    with world.read() as session:
        assert the_incident(session, "HP-2026-0404") is not None
        assert the_incident(session, "") is None


def test_an_unknown_incident_is_named(world: Database) -> None:
    with pytest.raises(NotFoundError, match="“nope”"), world.transaction() as session:
        post_update(session, "nope", words(), now=NOW)


def test_update_numbers_grow_and_never_repeat(world: Database) -> None:
    first, second = opened(world), opened(world)
    first = said(world, first, words(), 5)
    numbers = [update.number for incident in (first, second) for update in incident.updates]
    assert sorted(set(numbers)) == [1, 2, 3]


def test_a_resolved_incident_is_no_longer_open(world: Database) -> None:
    said(world, opened(world), words(RESOLVED), 5)
    with world.read() as session:
        assert open_incidents(session) == []


def test_characters_that_cannot_be_stored_or_shown_are_taken_out(world: Database) -> None:
    draft = words(body="Broken\x00 \ud800half\r\nnew line\x1b[31m", footnote="\x07bell")
    with world.transaction() as session:
        incident = open_incident(session, IncidentDraft("Down\x00", draft), now=NOW)
    assert (incident.title, incident.updates[0].body) == ("Down", "Broken half\nnew line[31m")
    assert incident.updates[0].footnote == "bell"


def test_an_incident_is_not_blamed_for_another_but_sends_nobody_to_its_shut_door(world: Database) -> None:
    opened(world)
    draft = UpdateDraft(
        IncidentStatus.INVESTIGATING, body="Boxes stay shut.", components={"lockboxes": SLOW}, next_update_at=SOON
    )
    with world.transaction() as session:
        second = open_incident(session, IncidentDraft("Boxes", draft), now=NOW)
    assert second.severity is Severity.MEDIUM
    assert second.updates[0].headings.what_is_affected == "Lockboxes may be slow or fail."
    assert second.updates[0].headings.how_to_reach == "Use the direct sign-ins on this page for Contract forms."
    with world.transaction() as session:
        down = {"forms": DOWN}
        draft = UpdateDraft(IncidentStatus.INVESTIGATING, body="Forms too.", components=down, next_update_at=SOON)
        third = open_incident(session, IncidentDraft("Forms", draft), now=NOW)
    assert third.updates[0].headings.what_is_affected == "Contract forms cannot be used."
    assert "direct sign-ins" not in third.updates[0].headings.how_to_reach


def test_r05_low_without_a_workaround_is_refused_and_with_one_is_taken(world: Database) -> None:
    said = words(
        headings=replace(WHOLE, how_to_reach=""), components={"lockboxes": ComponentStatus.DEGRADED_PERFORMANCE}
    )
    with world.transaction() as session, pytest.raises(RefusedError) as refused:
        open_incident(session, IncidentDraft("Slow", said, severity=Severity.LOW), now=NOW)
    assert refused.value.problems == {
        "how_to_reach": "Low means that there is a way round. Say which, or choose medium."
    }
    with world.transaction() as session:
        incident = open_incident(session, IncidentDraft("Slow", words(), severity=Severity.LOW), now=NOW)
    assert incident.severity is Severity.LOW


def test_r05_an_incident_becomes_low_only_when_members_were_told_of_a_way_round(world: Database) -> None:
    bare = words(headings=replace(WHOLE, how_to_reach=ELSE_WORKS))
    with world.transaction() as session:
        incident = open_incident(session, IncidentDraft("Slow", bare, severity=Severity.MEDIUM), now=NOW)
    weigh = partial(weigh_incident, severity=Severity.LOW, urgency=Urgency.MEDIUM, reason="It is minor.", now=NOW)
    with world.transaction() as session, pytest.raises(RefusedError) as refused:
        weigh(session, incident.id)
    assert list(refused.value.problems) == ["weight_severity"]
    with world.transaction() as session:
        post_update(session, incident.id, words(), now=NOW)
        assert weigh(session, incident.id).severity is Severity.LOW
