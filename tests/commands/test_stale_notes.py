"""Urgent incidents on which nobody writes anything: one nudge for each silence."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.incident_weight import weigh_incident
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.stale_notes import nudge_stale_incidents, nudge_stale_tickets
from app.commands.timeline import add_entry
from app.domain.accounts import Role
from app.domain.severity import Severity, Urgency
from app.domain.timeline import EntryKind
from app.store.components import component_row
from app.store.staff_messages import StaffMessageRow
from app.store.tickets import TicketRow
from tests.commands.world import NOW, SOON, build, words


@pytest.fixture
def incident(database):
    with database.transaction() as session:
        build(session)
        add_account(session, "walt@mls.example", "Walt", Role.COMMANDER, "gravel otter teapot", now=NOW)
        return open_incident(session, IncidentDraft("Down", words(), severity=Severity.CRITICAL), now=NOW)


def nudged(database, minutes):
    with database.transaction() as session:
        return nudge_stale_incidents(session, now=NOW + timedelta(minutes=minutes))


def test_r52_two_hours_without_a_note_are_told_once(database, incident):
    assert [nudged(database, minutes) for minutes in (119, 120, 121, 300)] == [0, 1, 0, 0]
    with database.read() as session:
        (message,) = session.exec(select(StaffMessageRow))
    assert message.subject == "Down: no notes for 2 hours"


def test_r52_an_entry_or_a_word_begins_the_two_hours_anew(database, incident):
    with database.transaction() as session:
        add_entry(session, incident.id, EntryKind.NOTE, "Nothing new.", now=NOW + timedelta(minutes=100))
    assert [nudged(database, minutes) for minutes in (120, 219, 220)] == [0, 0, 1]
    with database.transaction() as session:
        said = words(next_update_at=SOON + timedelta(hours=5))
        post_update(session, incident.id, said, now=NOW + timedelta(minutes=230))
    assert [nudged(database, minutes) for minutes in (349, 350)] == [0, 1]


def test_r52_only_what_is_urgent_is_nudged(database, incident):
    with database.transaction() as session:
        weigh_incident(session, incident.id, Severity.MEDIUM, Urgency.MEDIUM, "It can wait", now=NOW)
    assert nudged(database, 600) == 0


def test_r52_tickets_of_an_urgent_incident_are_told_together_and_once(database, incident):
    with database.transaction() as session:
        add_account(session, "hugo@mls.example", "Hugo", Role.HELP_DESK, "gravel otter teapot", now=NOW)
        component = component_row(session, "dashboard")
        for number, touched in ((1, NOW), (2, NOW), (3, NOW + timedelta(hours=1))):
            about = {"component_id": component.id, "incident_id": incident.id, "opened_at": NOW, "touched_at": touched}
            session.add(TicketRow(number=number, **about))

    def told(minutes):
        with database.transaction() as session:
            return nudge_stale_tickets(session, now=NOW + timedelta(minutes=minutes))

    assert [told(minutes) for minutes in (119, 120, 121, 180)] == [0, 2, 0, 1]
    with database.read() as session:
        subjects = [row.subject for row in session.exec(select(StaffMessageRow))]
    assert subjects == ["Down: 2 tickets without a note", "Down: 1 ticket without a note"]
