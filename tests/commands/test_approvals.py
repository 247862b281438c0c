"""Asking a second person, and publishing exactly once: by their word, or by their silence."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.approvals import ask_approval, decide_approval, set_two_person_rule, take_publishable
from app.domain.accounts import Role
from app.domain.approvals import Decision, Needed, Reason
from app.domain.errors import NotFoundError, RefusedError
from app.domain.severity import Severity
from app.store.approvals import two_person_rule, waiting_approvals
from app.store.audit import AuditEntryRow
from tests.commands.world import NOW, build

FIVE = timedelta(minutes=5)
NEEDED = Needed(Reason.TWO_PERSON, Role.COMMANDER, FIVE)
PASSWORD = "gravel otter teapot"


@pytest.fixture
def people(database):
    """Tess, who writes, and Dev, who commands."""
    with database.transaction() as session:
        build(session)
        tess = add_account(session, "tess@mls.example", "Tess", Role.COMMUNICATIONS_LEAD, PASSWORD, now=NOW)
        dev = add_account(session, "dev@mls.example", "Dev", Role.COMMANDER, PASSWORD, now=NOW)
    return tess, dev


def ask(database, by, request_id="form-1"):
    """Let a message wait."""
    with database.transaction() as session:
        return ask_approval(
            session,
            NEEDED,
            request_id=request_id,
            summary="Dashboard down",
            words="what_happened=Down",
            incident_id=None,
            by=by,
            now=NOW,
        )


def publishable(database, after=timedelta(0)):
    """What goes out so long after it was asked."""
    with database.transaction() as session:
        return take_publishable(session, now=NOW + after)


def acts(database):
    """What the audit log says of approvals."""
    with database.read() as session:
        rows = session.exec(select(AuditEntryRow).order_by(AuditEntryRow.seq)).all()
    return [row.act for row in rows if row.subject_kind == "approval"]


def test_it_asks_once_however_often_the_form_is_sent(database, people):
    assert ask(database, people[0]).id == ask(database, people[0]).id
    with database.read() as session:
        assert [item.summary for item in waiting_approvals(session)] == ["Dashboard down"]


def test_an_approved_message_goes_out_once(database, people):
    asked = ask(database, people[0])
    assert publishable(database) == []
    with database.transaction() as session:
        decide_approval(session, asked.id, Decision.APPROVED, by=people[1], now=NOW)
    (gone,) = publishable(database)
    assert (gone.words, gone.decided_by) == ("what_happened=Down", people[1].id)
    assert publishable(database, FIVE) == []
    assert acts(database) == ["approval.asked", "approval.approved"]


def test_silence_publishes_and_the_log_says_so(database, people):
    ask(database, people[0])
    assert publishable(database, FIVE - timedelta(seconds=1)) == []
    (gone,) = publishable(database, FIVE)
    assert gone.decision is Decision.TIMED_OUT
    assert publishable(database, FIVE) == []
    assert acts(database) == ["approval.asked", "approval.timed_out"]


@pytest.mark.parametrize(("decision", "by"), [(Decision.DECLINED, 1), (Decision.WITHDRAWN, 0)])
def test_what_was_declined_or_taken_back_never_goes_out(database, people, decision, by):
    asked = ask(database, people[0])
    with database.transaction() as session:
        decide_approval(session, asked.id, decision, by=people[by], now=NOW)
    assert publishable(database, timedelta(days=1)) == []


def test_what_fails_to_publish_waits_on(database, people):
    ask(database, people[0])
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        take_publishable(session, now=NOW + FIVE)
        raise ZeroDivisionError
    assert len(publishable(database, FIVE)) == 1


def test_nobody_approves_their_own_words(database, people):
    asked = ask(database, people[1])
    with pytest.raises(RefusedError, match="A second person decides"), database.transaction() as session:
        decide_approval(session, asked.id, Decision.APPROVED, by=people[1], now=NOW)


def test_there_is_nothing_to_decide_at_an_unknown_address(database, people):
    with pytest.raises(NotFoundError), database.transaction() as session:
        decide_approval(session, "nosuchthing1", Decision.APPROVED, by=people[1], now=NOW)


def test_two_workers_publish_it_once(database, people):
    ask(database, people[0])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: publishable(database, FIVE), range(4)))
    assert sum(len(gone) for gone in found) == 1


def test_the_rule_is_replaced_whole(database, people):
    for minutes in ({Severity.CRITICAL: 5, Severity.HIGH: 10}, {Severity.CRITICAL: 3}, {}):
        with database.transaction() as session:
            set_two_person_rule(session, minutes, now=NOW)
        with database.read() as session:
            waits = two_person_rule(session).waits
        assert waits == {severity: timedelta(minutes=most) for severity, most in minutes.items()}
