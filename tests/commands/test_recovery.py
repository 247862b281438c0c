"""Recovery: steps and checks, the gate before "resolved", permanent or temporary, two times that differ."""

from datetime import date, timedelta

import pytest

from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.probes import add_probe
from app.commands.recovery import save_steps, settle_fix, state_moment, tick, untick
from app.domain.actions import ActionKind
from app.domain.audit import Actor, Means
from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError, RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.probes import ProbeDraft, ProbeKind
from app.domain.recovery import Purpose
from app.domain.stages import Fix
from app.store.actions import actions_of
from app.store.audit import AuditSearch, entries_found
from app.store.incidents import the_incident
from app.store.probes import probe_row
from app.store.timeline import timeline_of
from app.store.work import work_of
from tests.commands.world import NOW, build, words

LATER = NOW + timedelta(minutes=30)
NOOR = Actor(None, "Noor Hadley", Means.CONSOLE)
RESOLVED = words(IncidentStatus.RESOLVED)


@pytest.fixture
def incident(database):
    with database.transaction() as session:
        build(session)
        save_steps(session, "dashboard", "Move to the second site", "Sign in as a test member", now=NOW)
        save_steps(session, "lockboxes", "", "Open a lockbox", now=NOW)
        down = {"dashboard": ComponentStatus.MAJOR_OUTAGE}
        return open_incident(session, IncidentDraft("Down", words(components=down)), now=NOW)


def checks(database, incident, at=LATER):
    with database.read() as session:
        return work_of(session, incident.id, at).checks


def resolve(database, incident, **given):
    with database.transaction() as session:
        return post_update(session, incident.id, words(IncidentStatus.RESOLVED, **given), now=LATER)


def test_r53_the_steps_of_the_components_that_fail_make_the_list(database, incident):
    assert [(item.purpose, item.component, item.words) for item in checks(database, incident)] == [
        (Purpose.RECOVER, "Member dashboard (single sign-on)", "Move to the second site"),
        (Purpose.VERIFY, "Member dashboard (single sign-on)", "Sign in as a test member"),
    ]


def test_r53_a_tick_keeps_who_and_when_and_can_be_taken_back(database, incident):
    step = checks(database, incident)[0]
    with database.transaction(NOOR) as session:
        tick(session, incident.id, step.ref, now=LATER)
    (ticked,) = [item for item in checks(database, incident) if item.is_done]
    assert (ticked.words, ticked.by, ticked.done_at) == ("Move to the second site", "Noor Hadley", LATER)
    with database.transaction(NOOR) as session:
        untick(session, incident.id, step.ref, now=LATER)
    assert not any(item.is_done for item in checks(database, incident))
    with pytest.raises(NotFoundError), database.transaction() as session:
        tick(session, incident.id, "nosuchthing1", now=LATER)


def test_r53_a_step_that_keeps_its_words_keeps_its_ticks(database, incident):
    step = checks(database, incident)[1]
    with database.transaction(NOOR) as session:
        tick(session, incident.id, step.ref, now=LATER)
        save_steps(session, "dashboard", "", "Ask the help desk\nSign in as a test member", now=LATER)
    assert [(item.words, item.is_done) for item in checks(database, incident)] == [
        ("Ask the help desk", False),
        ("Sign in as a test member", True),
    ]


def test_r54_it_is_not_resolved_before_the_listed_checks_have_passed(database, incident):
    with pytest.raises(RefusedError) as error:
        resolve(database, incident)
    assert error.value.problems["override"].startswith(
        "Not checked yet: Member dashboard (single sign-on): Sign in as a test member."
    )
    with database.transaction(NOOR) as session:
        tick(session, incident.id, checks(database, incident)[1].ref, now=LATER)
    assert resolve(database, incident).status is IncidentStatus.RESOLVED


def test_r54_an_override_needs_a_reason_and_stands_in_timeline_and_log(database, incident):
    assert resolve(database, incident, override="The supplier saw it work").resolved_at == LATER
    with database.read() as session:
        (logged,) = entries_found(session, AuditSearch(act="incident.resolved_unchecked"), before=None, most=5)
        told = " ".join(entry.words for entry in timeline_of(session, incident.id))
    unchecked = "Member dashboard (single sign-on): Sign in as a test member"
    assert logged.after == {"unchecked": [unchecked], "reason": "The supplier saw it work"}
    assert f"Resolved although this was not checked: {unchecked}. The supplier saw it work" in told


def test_r54_a_probe_ticks_itself_while_it_sees_the_component_well(database, incident):
    with database.transaction() as session:
        save_steps(session, "dashboard", "", "", now=NOW)
        probe_id = add_probe(session, "dashboard", ProbeDraft(ProbeKind.HTTP, {"url": "https://x.example"}), now=NOW)
    assert [(item.is_done, item.trouble) for item in checks(database, incident)] == [
        (False, "This check has been silent.")
    ]
    with database.transaction() as session:
        row = probe_row(session, probe_id)
        row.state, row.looked_at = "failing", LATER
    assert checks(database, incident)[0].trouble == "It still fails."
    with pytest.raises(RefusedError):
        resolve(database, incident)
    with database.transaction() as session:
        probe_row(session, probe_id).state = "working"
    resolve(database, incident)
    with database.transaction() as session:
        probe_row(session, probe_id).state = "failing"
    (kept,) = checks(database, incident)
    assert (kept.is_done, kept.done_at, kept.by) == (True, LATER, "Our check")


def test_r54_a_person_may_answer_for_a_probe_that_does_not_see_it(database, incident):
    with database.transaction() as session:
        save_steps(session, "dashboard", "", "", now=NOW)
        probe = add_probe(session, "dashboard", ProbeDraft(ProbeKind.HTTP, {"url": "https://x.example"}), now=NOW)
    with database.transaction(NOOR) as session:
        tick(session, incident.id, probe, now=LATER)
    assert [(item.by, item.is_done) for item in checks(database, incident)] == [("Noor Hadley", True)]
    assert resolve(database, incident).resolved_at


def test_r55_a_temporary_fix_opens_an_action_with_its_day_and_its_owner(database, incident):
    settled = {"today": NOW.date(), "now": LATER}
    with pytest.raises(RefusedError) as error, database.transaction() as session:
        settle_fix(session, incident.id, Fix.TEMPORARY, due_on=date(2026, 4, 1), **settled)
    assert set(error.value.problems) == {"due_on", "owner"}
    with database.transaction() as session:
        settle_fix(session, incident.id, Fix.TEMPORARY, due_on=date(2026, 4, 24), owner="Technology", **settled)
    with database.read() as session:
        (action,) = actions_of(session, incident.id)
        incident_now = the_incident(session, incident.id)
    assert (action.kind, action.owner, action.due_on) == (ActionKind.FOLLOW_UP, "Technology", date(2026, 4, 24))
    assert action.words == "Replace the temporary fix by a lasting one: Down"
    assert (incident_now.fix, incident_now.version) == (Fix.TEMPORARY, incident.version + 1)


def test_r56_members_relieved_and_fault_fixed_are_two_times(database, incident):
    relieved, fixed = NOW + timedelta(minutes=39), NOW + timedelta(hours=9)
    with database.transaction(NOOR) as session:
        state_moment(session, incident.id, "relieved_at", relieved, now=fixed)
        state_moment(session, incident.id, "fixed_at", fixed, now=fixed)
    with database.read() as session:
        kept = the_incident(session, incident.id)
    assert (kept.relieved_at - kept.started_at, kept.fixed_at - kept.started_at) == (
        timedelta(minutes=39),
        timedelta(hours=9),
    )
    for wrong in (NOW - timedelta(minutes=1), fixed + timedelta(minutes=1)):
        with pytest.raises(RefusedError), database.transaction() as session:
            state_moment(session, incident.id, "fixed_at", wrong, now=fixed)
