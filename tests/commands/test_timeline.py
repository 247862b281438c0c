"""The timeline: what people write and what they did, in the order of time."""

from datetime import timedelta

import pytest

from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.timeline import add_entry
from app.domain.audit import Actor, Means
from app.domain.errors import NotFoundError, RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.suspicions import Outcome, SignKind
from app.domain.timeline import ENTRY_MOST, EntryKind
from app.store.decisions import IncidentDecisionRow
from app.store.failovers import FailoverRunRow, SwitchRow
from app.store.suspicions import SuspicionRow, SuspicionSignRow
from app.store.timeline import timeline_of
from tests.commands.world import NOW, build, words

WALT = Actor(None, "Walt Abernathy", Means.CONSOLE)


@pytest.fixture
def incident(database):
    with database.transaction() as session:
        build(session)
        return open_incident(session, IncidentDraft("Down", words(body="It is not just you.")), now=NOW)


def test_it_merges_what_was_written_said_seen_and_decided_by_time(database, incident):
    later = NOW + timedelta(minutes=9)
    with database.transaction(WALT) as session:
        post_update(session, incident.id, words(IncidentStatus.RESOLVED, body="All is well."), now=later)
        add_entry(
            session, incident.id, EntryKind.ACTION, " Asked the supplier. ", now=later, at=NOW + timedelta(minutes=2)
        )
        suspicion = SuspicionRow(
            number=1, opened_at=NOW, acknowledged_at=NOW, outcome=Outcome.INCIDENT, incident_id=incident.id
        )
        session.add(suspicion)
        session.flush()
        began = NOW - timedelta(minutes=5)
        session.add(
            SuspicionSignRow(
                suspicion_id=suspicion.id, kind=SignKind.REPORTS, ref="p", words="Sign-in fails", began_at=began
            )
        )
        decided = {"question": "outside", "answer": "vendor", "decided_at": NOW + timedelta(minutes=1)}
        session.add(IncidentDecisionRow(incident_id=incident.id, **decided))
    with database.read() as session:
        told = [(each.kind, each.words, each.who) for each in timeline_of(session, incident.id)]
    assert told == [
        (EntryKind.SIGN, "Sign-in fails", ""),
        (EntryKind.UPDATE, "It is not just you.", ""),
        (EntryKind.DUTY, "On it.", ""),
        (EntryKind.DECISION, "Outside parties: vendor. ", ""),
        (EntryKind.ACTION, "Asked the supplier.", "Walt Abernathy"),
        (EntryKind.UPDATE, "All is well.", ""),
    ]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("words", {"words": "  "}),
        ("words", {"words": "x" * (ENTRY_MOST + 1)}),
        ("kind", {"kind": EntryKind.UPDATE}),
        ("at", {"at": NOW + timedelta(hours=1)}),
    ],
)
def test_it_refuses_an_entry_that_tells_nothing(database, incident, field, given):
    entry = {"kind": EntryKind.NOTE, "words": "Seen."} | given
    with pytest.raises(RefusedError) as refused, database.transaction() as session:
        add_entry(session, incident.id, now=NOW, **entry)
    assert list(refused.value.problems) == [field]


def test_it_knows_no_timeline_of_an_incident_that_is_not_there(database):
    with pytest.raises(NotFoundError), database.transaction() as session:
        add_entry(session, "nosuchthing1", EntryKind.NOTE, "Seen.", now=NOW)


def test_it_tells_which_names_were_pointed_elsewhere_while_it_lasted(database, incident):
    later = NOW + timedelta(minutes=5)
    with database.transaction() as session:
        switch = SwitchRow(
            name="dash.mls.example",
            zone="mls.example",
            provider="runbook",
            normal=[],
            failover=[],
            planned_ttl=60,
            created_at=NOW,
            updated_at=NOW,
        )
        session.add(switch)
        session.flush()
        run = {"switch_id": switch.id, "state": "reverted", "before": [], "after": [], "served_ttl": 60}
        run |= {"planned_by": "Noor", "planned_at": NOW, "applied_by": "Noor", "reverted_by": "Bea"}
        session.add(FailoverRunRow(**run, applied_at=later, reverted_at=later + timedelta(hours=1)))
        session.add(FailoverRunRow(**run, applied_at=NOW - timedelta(days=1), reverted_at=NOW - timedelta(hours=1)))
    with database.read() as session:
        told = [(each.words, each.who) for each in timeline_of(session, incident.id) if each.kind is EntryKind.SWITCH]
    assert told == [("dash.mls.example points here.", "Noor"), ("dash.mls.example points to the MLS again.", "Bea")]
