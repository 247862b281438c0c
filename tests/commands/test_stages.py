"""One incident through its five stages: every gate, every override, and what is on record afterwards."""

from datetime import date, timedelta

import pytest

from app.commands.actions import open_action
from app.commands.causes import name_cause
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.recovery import settle_fix
from app.commands.stages import close_incident, confirm_incident, enter_next_stage
from app.commands.timeline import add_entry
from app.domain.actions import ActionKind
from app.domain.assignments import Answer
from app.domain.errors import RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.severity import Severity
from app.domain.stages import Fix, Stage
from app.domain.timeline import EntryKind
from app.store.assignments import AssignmentRow
from app.store.audit import AuditSearch, entries_found
from app.store.decisions import IncidentDecisionRow
from app.store.incidents import the_incident
from app.store.roster import PersonRow, RosterRoleRow
from app.store.timeline import timeline_of
from tests.commands.world import NOW, build, words

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def incident(database):
    with database.transaction() as session:
        build(session)
        draft = IncidentDraft("Down", words(notify=False), severity=Severity.MEDIUM)
        return open_incident(session, draft, now=NOW)


def go_on(database, incident, seen, reason=""):
    with database.transaction() as session:
        return enter_next_stage(session, incident.id, seen, reason, now=LATER)


def refused(database, incident, seen):
    with pytest.raises(RefusedError) as error:
        go_on(database, incident, seen)
    return error.value.problems["reason"]


def take_parts(session, incident, *, answer=Answer.ACCEPTED):
    for position, role in enumerate(("commander", "communications_lead")):
        if session.get(RosterRoleRow, role) is None:
            session.add(RosterRoleRow(key=role, name=role, console_role=role, is_covered=True, position=position))
            session.add(PersonRow(id=f"p-{position}", name=f"Person {position}", created_at=NOW))
            session.flush()
        offered = {"offered_at": NOW, "answered_at": NOW if answer is Answer.ACCEPTED else None}
        session.add(
            AssignmentRow(incident_id=incident.id, role_key=role, person_id=f"p-{position}", answer=answer, **offered)
        )


def decide(session, incident):
    for question, answer in (("members", "yes"), ("outside", "none")):
        session.add(IncidentDecisionRow(incident_id=incident.id, question=question, answer=answer, decided_at=NOW))


def test_r04_triage_is_left_confirmed_weighed_and_with_a_commander(database, incident):
    assert refused(database, incident, Stage.TRIAGE).startswith("Missing: confirmed incident, commander designated.")
    with database.transaction() as session:
        confirm_incident(session, incident.id, now=LATER)
        take_parts(session, incident, answer=Answer.OFFERED)
    assert go_on(database, incident, Stage.TRIAGE) is Stage.MOBILIZATION


def test_r01_a_stage_is_entered_without_an_output_only_with_a_reason_that_is_logged(database, incident):
    assert refused(database, incident, Stage.TRIAGE)
    with database.read() as session:
        assert the_incident(session, incident.id).stage is Stage.TRIAGE
    assert go_on(database, incident, Stage.TRIAGE, "Walt is on the telephone with them") is Stage.MOBILIZATION
    with database.read() as session:
        logged = entries_found(session, AuditSearch(act="incident.stage_forced"), before=None, most=5)
        told = [entry.words for entry in timeline_of(session, incident.id) if entry.kind is EntryKind.STAGE]
    assert logged[0].after == {
        "stage": "mobilization",
        "missing": ["confirmed", "commander"],
        "reason": "Walt is on the telephone with them",
    }
    assert told == [
        "Entered Communication and Mobilization. Without: confirmed incident, commander designated. "
        "Walt is on the telephone with them"
    ]


def test_r01_two_people_who_press_at_once_go_on_by_one_stage(database, incident):
    go_on(database, incident, Stage.TRIAGE, "Enough is known")
    with pytest.raises(RefusedError, match="another stage"):
        go_on(database, incident, Stage.TRIAGE, "Enough is known")


def test_r50_words_to_members_wait_for_no_stage(database, incident):
    with database.transaction() as session:
        said = post_update(session, incident.id, words(IncidentStatus.MONITORING), now=LATER)
    assert (said.status, said.stage) == (IncidentStatus.MONITORING, Stage.TRIAGE)


def test_r02_one_incident_walks_through_all_five_stages_and_is_closed(database, incident):
    """Each gate opens with what it asks for, and with nothing else."""
    with database.transaction() as session:
        confirm_incident(session, incident.id, now=NOW)
        take_parts(session, incident)
    go_on(database, incident, Stage.TRIAGE)
    assert "stakeholders notified, channel established, both questions decided" in refused(
        database, incident, Stage.MOBILIZATION
    )
    with database.transaction() as session:
        decide(session, incident)
    go_on(database, incident, Stage.MOBILIZATION, "We talk in the usual place")
    assert "cause known or suspected, containment in place, notes kept" in refused(
        database, incident, Stage.INVESTIGATION
    )
    with database.transaction() as session:
        name_cause(session, incident.id, "The certificate ran out.", now=LATER)
        add_entry(session, incident.id, EntryKind.CONTAINMENT, "Took the old node out.", now=LATER)
    go_on(database, incident, Stage.INVESTIGATION)
    assert "fix in place, services restored" in refused(database, incident, Stage.RECOVERY)
    with database.transaction() as session:
        settle_fix(session, incident.id, Fix.PERMANENT, today=NOW.date(), now=LATER)
        post_update(session, incident.id, words(IncidentStatus.RESOLVED), now=LATER)
    assert go_on(database, incident, Stage.RECOVERY) is Stage.REVIEW
    with pytest.raises(RefusedError, match="stage by now"):
        go_on(database, incident, Stage.REVIEW)


def learn(session, incident):
    name_cause(session, incident.id, "The certificate ran out.", now=LATER)
    add_entry(session, incident.id, EntryKind.RECOVERY, "Put in a new certificate.", now=LATER)
    action = {"words": "Watch its date", "owner": "Technology", "due_on": date(2026, 5, 1)}
    open_action(session, incident_id=incident.id, kind=ActionKind.PREVENTION, now=LATER, **action)


def test_r58_resolved_is_not_closed_before_cause_resolution_prevention_and_report_are_on_record(database, incident):
    with pytest.raises(RefusedError, match="not resolved yet"), database.transaction() as session:
        close_incident(session, incident.id, now=LATER)
    with database.transaction() as session:
        assert post_update(session, incident.id, words(IncidentStatus.RESOLVED), now=LATER).closed_at is None
    with pytest.raises(RefusedError) as error, database.transaction() as session:
        close_incident(session, incident.id, now=LATER)
    assert error.value.problems["reason"].startswith(
        "Missing: cause on record, resolution on record, prevention plan, action items, report published."
    )
    with database.transaction() as session:
        learn(session, incident)
        post_update(session, incident.id, words(IncidentStatus.POSTMORTEM, body="What we learned."), now=LATER)
        close_incident(session, incident.id, now=LATER)
    with database.read() as session:
        assert the_incident(session, incident.id).closed_at == LATER
        assert entries_found(session, AuditSearch(act="incident.closed"), before=None, most=1)[0].after == {
            "missing": [],
            "reason": "",
        }


def test_r58_reopening_takes_the_closing_back(database, incident):
    with database.transaction() as session:
        post_update(session, incident.id, words(IncidentStatus.RESOLVED), now=LATER)
        settle_fix(session, incident.id, Fix.PERMANENT, today=NOW.date(), now=LATER)
        close_incident(session, incident.id, "A drill of closing", now=LATER)
        again = post_update(session, incident.id, words(IncidentStatus.INVESTIGATING), now=LATER)
    assert (again.closed_at, again.fix, again.resolved_at) == (None, None, None)
