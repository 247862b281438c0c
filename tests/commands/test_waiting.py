"""Messages that wait for a second person: said once, in time, and calls owed when nobody looked (R24)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.rehearsal import rehearse
from app.commands.waiting import decide, let_wait, publish_waiting, tick_call
from app.domain.accounts import Account, Role
from app.domain.approvals import Approval, Decision, TwoPersonRule, approval_needed
from app.domain.audit import CLOCK
from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.incidents import Incident
from app.domain.severity import Kind, Severity
from app.store.accounts import account_rows, frozen_account
from app.store.approvals import approval_row, frozen_approval
from app.store.components import live_components
from app.store.incidents import open_incidents
from app.store.owed_calls import calls_of
from app.store.session import Database
from app.store.staff_messages import StaffMessageRow
from tests.commands.world import NOW, SOON, WHOLE, build, words

SURPRISE = approval_needed(TwoPersonRule(), Severity.HIGH, may_surprise=True, is_correction=False)


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
        for name, role in (("Tess", Role.COMMUNICATIONS_LEAD), ("Ines", Role.SERVICE_MANAGER)):
            add_account(session, f"{name}@mls.example", name, role, "gravel otter teapot", now=NOW)
    return database


def person(world: Database, name: str) -> Account:
    with world.read() as session:
        return next(frozen_account(row) for row in account_rows(session) if row.name == name)


def wait(world: Database, **fields: object) -> Approval:
    first = words(components={"dashboard": ComponentStatus.MAJOR_OUTAGE}, **fields)
    draft = IncidentDraft("New passwords for all", first, kind=Kind.SECURITY, severity=Severity.HIGH)
    assert SURPRISE is not None
    with world.transaction() as session:
        rehearsal = rehearse(session, draft, None, live_components(session), [], [], severity=Severity.HIGH, now=NOW)
        by = person(world, "Tess")
        return let_wait(session, SURPRISE, draft, rehearsal, None, request_id="form-1", by=by, now=NOW)


def opened(world: Database) -> list[Incident]:
    with world.read() as session:
        return open_incidents(session)


def tick(world: Database, minutes: float) -> int:
    with world.transaction(CLOCK) as session:
        return publish_waiting(session, now=NOW + timedelta(minutes=minutes))


def calls(world: Database, approval: Approval) -> list[tuple[str, bool]]:
    with world.read() as session:
        return [(name, row.called_at is not None) for row, name in calls_of(session, approval.id)]


def test_r24_it_waits_ten_minutes_then_goes_out_and_opens_the_call_list(world: Database) -> None:
    approval = wait(world)
    assert tick(world, 9.9) == 0
    assert opened(world) == []
    assert tick(world, 10) == 1
    (incident,) = opened(world)
    assert incident.title == "New passwords for all"
    assert incident.updates[0].headings == WHOLE
    assert calls(world, approval) == [("Ines", False)]
    assert tick(world, 11) == 0


def test_a_call_is_ticked_once(world: Database) -> None:
    approval = wait(world)
    tick(world, 10)
    ines = person(world, "Ines").id
    for _ in range(2):
        with world.transaction() as session:
            tick_call(session, approval.id, ines, now=NOW)
    assert calls(world, approval) == [("Ines", True)]
    with pytest.raises(NotFoundError), world.transaction() as session:
        tick_call(session, approval.id, person(world, "Tess").id, now=NOW)


def test_an_approval_publishes_at_once_and_owes_no_call(world: Database) -> None:
    approval = wait(world)
    with world.transaction() as session:
        decide(session, approval.id, Decision.APPROVED, by=person(world, "Ines"), now=NOW + timedelta(minutes=2))
    assert len(opened(world)) == 1
    assert calls(world, approval) == []
    assert tick(world, 30) == 0


@pytest.mark.parametrize(("decision", "name"), [(Decision.DECLINED, "Ines"), (Decision.WITHDRAWN, "Tess")])
def test_what_is_declined_or_taken_back_never_goes_out(world: Database, decision: Decision, name: str) -> None:
    approval = wait(world)
    with world.transaction() as session:
        decide(session, approval.id, decision, by=person(world, name), now=NOW)
    assert tick(world, 30) == 0
    assert opened(world) == []


def test_nobody_approves_their_own_words(world: Database) -> None:
    approval = wait(world)
    with pytest.raises(RefusedError, match="second person"), world.transaction() as session:
        decide(session, approval.id, Decision.APPROVED, by=person(world, "Tess"), now=NOW)


def test_two_workers_publish_it_once(world: Database) -> None:
    wait(world)
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: tick(world, 10), range(4))) == [0, 0, 0, 1]
    assert len(opened(world)) == 1


def test_a_promise_that_the_waiting_overtook_moves_by_as_much(world: Database) -> None:
    wait(world, next_update_at=NOW + timedelta(minutes=5))
    tick(world, 10)
    assert opened(world)[0].promised_at == NOW + timedelta(minutes=15)


def test_what_could_not_be_said_is_refused_before_it_waits(world: Database) -> None:
    with pytest.raises(RefusedError, match="hear next"):
        wait(world, next_update_at=None)
    with pytest.raises(RefusedError, match="Speak of the team"):
        wait(world, footnote="Tess forgot it.", next_update_at=SOON)


def test_whoever_is_asked_hears_of_it(world: Database) -> None:
    wait(world)
    with world.read() as session:
        (row,) = session.exec(select(StaffMessageRow)).all()
    assert row.account_id == person(world, "Ines").id
    assert "It goes out in 10 minutes." in row.text


def wait_on_an_incident(world: Database) -> tuple[Approval, str]:
    """A message that waits on an open incident on which somebody posts meanwhile."""
    assert SURPRISE is not None
    with world.transaction() as session:
        before = open_incident(session, IncidentDraft("Down", words(), severity=Severity.HIGH), now=NOW)
        draft = IncidentDraft("Down", words(body="Waited."), kind=Kind.SECURITY)
        rehearsal = rehearse(
            session, draft, before, live_components(session), [before], [], severity=Severity.HIGH, now=NOW
        )
        by = person(world, "Tess")
        approval = let_wait(session, SURPRISE, draft, rehearsal, before, request_id="form-2", by=by, now=NOW)
    with world.transaction() as session:
        post_update(session, before.id, words(body="Meanwhile."), now=NOW)
    return approval, before.id


def approve(world: Database, approval: Approval, expected_version: int | None = None) -> None:
    by = person(world, "Ines")
    with world.transaction() as session:
        decide(session, approval.id, Decision.APPROVED, by=by, now=NOW, expected_version=expected_version)


def said_on(world: Database) -> list[str]:
    return [update.body for update in opened(world)[0].updates][1:]


def test_an_approval_of_what_was_overtaken_wants_both_to_be_seen(world: Database) -> None:
    approval, _ = wait_on_an_incident(world)
    with pytest.raises(StaleVersionError) as stale:
        approve(world, approval)
    assert said_on(world) == ["Meanwhile."]
    approve(world, approval, stale.value.current)
    assert said_on(world) == ["Meanwhile.", "Waited."]


def test_silence_does_not_say_it_over_newer_words_and_nobody_takes_it_for_said(world: Database) -> None:
    approval, _ = wait_on_an_incident(world)
    assert tick(world, 10) == 0
    assert said_on(world) == ["Meanwhile."]
    with world.read() as session:
        stands = frozen_approval(approval_row(session, approval.id))
        told = [row.subject for row in session.exec(select(StaffMessageRow))]
    assert (stands.decision, stands.published_at) == (Decision.OVERTAKEN, None)
    assert "Not published" in told
    assert tick(world, 30) == 0
