"""Sealed findings in the database: no word of one leaves it before all are in."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.audit import exported_lines
from app.commands.findings import keep_finding, set_aside_finding, submit_finding
from app.commands.incidents import IncidentDraft, open_incident
from app.domain.accounts import Role
from app.domain.audit import Actor, Means
from app.domain.errors import NotFoundError, RefusedError
from app.domain.findings import seen_by
from app.domain.severity import Severity
from app.store.accounts import AccountRow, frozen_account
from app.store.findings import findings_of
from app.store.timeline import timeline_of
from tests.commands.world import NOW, build, words

SECRET = "The certificate of the standby was never rotated"
OTHER = "The probe looked at the page, not at a sign-in"


@pytest.fixture
def incident(database):
    with database.transaction() as session:
        build(session)
        for name in ("Noor", "Bea", "Gil"):
            add_account(
                session, f"{name}@mls.example".lower(), name, Role.SUBJECT_EXPERT, "gravel otter teapot", now=NOW
            )
        return open_incident(session, IncidentDraft("Down", words(), severity=Severity.CRITICAL), now=NOW)


@pytest.fixture
def people(database, incident):
    with database.read() as session:
        return {row.name: frozen_account(row) for row in session.exec(select(AccountRow))}


def act(database, who, command, *given, minutes=0):
    with database.transaction(Actor(who.id, who.name, Means.CONSOLE)) as session:
        return command(session, *given, by=who, now=NOW + timedelta(minutes=minutes))


def opened(session, incident):
    return [each for each in findings_of(session, incident.id) if each.is_open]


def told(database, incident):
    """All that the timeline, the audit log's export and the report's query hold."""
    with database.read() as session:
        lines = [entry.words for entry in timeline_of(session, incident.id)]
        return "\n".join([*lines, *exported_lines(session), *(each.words for each in opened(session, incident))])


def test_r51_nothing_tells_a_finding_before_the_other_one_is_submitted(database, incident, people):
    assert act(database, people["Noor"], submit_finding, incident.id, SECRET) is False
    act(database, people["Bea"], keep_finding, incident.id, OTHER, minutes=1)
    assert SECRET not in told(database, incident)
    assert OTHER not in told(database, incident)
    with database.read() as session:
        for reader, sees in (
            (people["Bea"], [None, OTHER]),
            (people["Noor"], [SECRET, None]),
            (people["Gil"], [None, None]),
        ):
            assert [seen.words for seen in seen_by(findings_of(session, incident.id), reader.id)] == sees
    assert act(database, people["Bea"], submit_finding, incident.id, OTHER, minutes=5) is True
    assert SECRET in told(database, incident)
    assert OTHER in told(database, incident)


def test_r51_what_is_submitted_stays_as_it_is(database, incident, people):
    act(database, people["Noor"], submit_finding, incident.id, SECRET)
    with pytest.raises(RefusedError, match="stays as it is"):
        act(database, people["Noor"], keep_finding, incident.id, "Something else")


def test_r51_nobody_joins_once_the_findings_are_open(database, incident, people):
    for name in ("Noor", "Bea"):
        act(database, people[name], submit_finding, incident.id, f"{SECRET} ({name})")
    with pytest.raises(RefusedError, match="not be independent"):
        act(database, people["Gil"], keep_finding, incident.id, "Me too")


def test_r51_whoever_does_not_come_back_is_waited_for_no_longer(database, incident, people):
    for name in ("Noor", "Bea"):
        act(database, people[name], keep_finding, incident.id, f"{SECRET} ({name})")
    own = act(database, people["Gil"], keep_finding, incident.id, "Not yet")
    assert [act(database, people[name], submit_finding, incident.id, SECRET) for name in ("Noor", "Bea")] == [
        False,
        False,
    ]
    with database.transaction() as session:
        assert set_aside_finding(session, incident.id, own.id, now=NOW) is True
        assert len(opened(session, incident)) == 2


def test_r51_a_submitted_finding_is_never_set_aside(database, incident, people):
    act(database, people["Noor"], submit_finding, incident.id, SECRET)
    with database.read() as session:
        (finding,) = findings_of(session, incident.id)
    with pytest.raises(RefusedError), database.transaction() as session:
        set_aside_finding(session, incident.id, finding.id, now=NOW)
    with pytest.raises(NotFoundError), database.transaction() as session:
        set_aside_finding(session, incident.id, "nosuchthing1", now=NOW)
