"""People are called out step by step, each step once, until somebody is on it (R7, R15, R16, R17, R22)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.call_outs import answer_by_text, answer_page, call_out, tend_call_outs
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.suspicions import acknowledge, attach, end_sign, suspect
from app.domain.accounts import Role
from app.domain.assignments import Answer
from app.domain.audit import CLOCK
from app.domain.escalation import KeyAnswer
from app.domain.incidents import IncidentStatus
from app.domain.pages import PageState
from app.domain.severity import Severity
from app.domain.suspicions import Sign, SignKind
from app.store.assignments import assignments_of
from app.store.audit import AuditEntryRow
from app.store.escalation import call_outs_of, open_call_outs
from app.store.pages import PageRow, pages_of
from app.store.session import Database
from tests.commands.duty import man
from tests.commands.world import NOW, build, words

SIGN = Sign(SignKind.CHECK, "probe-1", "The page answers with status 500", NOW, "dashboard")


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
        man(session)
    return database


def suspected(world: Database, sign: Sign = SIGN) -> str:
    with world.transaction(by=CLOCK) as session:
        suspicion = suspect(session, sign, now=NOW, on_suspected=call_out)
    assert suspicion
    return suspicion.id


def opened(world: Database, severity: Severity = Severity.CRITICAL, **given: object) -> str:
    with world.transaction() as session:
        return open_incident(session, IncidentDraft("Dashboard down", words(), severity=severity, **given), now=NOW).id


def tick(world: Database, minutes: float) -> int:
    with world.transaction(by=CLOCK) as session:
        return tend_call_outs(session, now=NOW + timedelta(minutes=minutes))


def paged(world: Database, minutes: float | None = None) -> set[tuple[str, str]]:
    """Who was paged, and how; of one minute, where it is given."""
    with world.read() as session:
        pages = pages_of(session, [row.call_out_id for row in session.exec(select(PageRow))])
    at = None if minutes is None else NOW + timedelta(minutes=minutes)
    return {(page.to, page.by.value) for page in pages if at in (None, page.paged_at)}


def page_to(world: Database, name: str) -> str:
    with world.read() as session:
        pages = pages_of(session, [row.call_out_id for row in session.exec(select(PageRow))])
    return next(page.id for page in pages if page.to == name)


def test_whoever_is_on_duty_is_paged_in_the_transaction_that_opens_the_suspicion(world: Database) -> None:
    suspected(world)
    duty = {(name, way) for name in ("Ines", "Tess", "Noor") for way in ("phone", "sms")}
    assert paged(world, 0) == duty
    with world.read() as session:
        text = session.exec(select(PageRow.text).where(PageRow.by == "phone")).first()
    assert text == (
        "TMLS: Suspected: Member dashboard is down. Since 9:50 PM, severity critical. "
        "The page answers with status 500. You are called as incident commander."
    )


def test_r15_nobody_answers_for_ten_minutes_and_the_backup_is_called(world: Database) -> None:
    suspected(world)
    assert [tick(world, minutes) for minutes in (0.1, 5, 9.9, 10, 10.1)] == [0, 0, 0, 1, 0]
    assert paged(world, 10) == {(name, way) for name in ("Lupe", "Ines") for way in ("phone", "sms")}
    assert tick(world, 20) == 1
    assert paged(world, 20) == {("Hank", "phone")}


def test_an_answer_by_telephone_stops_it_and_says_so_on_the_suspicion(world: Database) -> None:
    suspicion_id = suspected(world)
    with world.transaction() as session:
        answer_page(session, page_to(world, "Tess"), KeyAnswer.TAKE, "by telephone", now=NOW + timedelta(minutes=3))
    assert [tick(world, minutes) for minutes in (10, 20, 59)] == [0, 0, 0]
    with world.read() as session:
        (call,) = open_call_outs(session)
        assert (call.answered_by, call.answered_at) == ("Tess", NOW + timedelta(minutes=3))
        (suspicion,) = [each for each in _suspicions(session) if each.id == suspicion_id]
    assert suspicion.acknowledged_at == NOW + timedelta(minutes=3)


def _suspicions(session):
    from app.store.suspicions import open_suspicions

    return open_suspicions(session)


def test_on_it_in_the_console_stops_it_too(world: Database) -> None:
    suspicion_id = suspected(world)
    with world.transaction() as session:
        tess = add_account(session, "t@mls.example", "Tess M", Role.COMMUNICATIONS_LEAD, "gravel otter teapot", now=NOW)
        acknowledge(session, suspicion_id, tess.id, now=NOW + timedelta(minutes=2))
    assert tick(world, 12) == 0


def test_whoever_passes_it_on_has_the_next_in_line_called_at_once(world: Database) -> None:
    suspected(world)
    with world.transaction() as session:
        said = answer_page(
            session, page_to(world, "Tess"), KeyAnswer.HAND_ON, "by telephone", now=NOW + timedelta(minutes=1)
        )
    assert said == "Passed on. Lupe is called now."
    assert paged(world, 1) == {("Lupe", way) for way in ("phone", "sms", "email")}
    assert tick(world, 10) == 1, "passing it on is no answer"


def test_a_text_answers_the_newest_page_and_only_while_there_is_one(world: Database) -> None:
    suspected(world)
    with world.transaction() as session:
        ids = {row.person_id for row in session.exec(select(PageRow)) if row.person_id}
        assert answer_by_text(session, ["nobody"], KeyAnswer.TAKE, now=NOW) is None
        first, *_ = sorted(ids)
        assert answer_by_text(session, [first], KeyAnswer.TAKE, now=NOW) == (
            "You have it. Nobody else is called for want of an answer."
        )
        assert "on it already" in str(answer_by_text(session, [first], KeyAnswer.TAKE, now=NOW))


def test_an_incident_that_a_program_opens_is_called_out_on_the_next_tick_once(world: Database) -> None:
    incident_id = opened(world)
    assert [tick(world, minutes) for minutes in (0.1, 0.2)] == [1, 0]
    assert len(paged(world)) == 6
    with world.read() as session:
        assert len(call_outs_of(session, incident_id)) == 1


def test_whoever_opens_it_is_not_called_and_is_on_it(database: Database) -> None:
    with database.transaction() as session:
        build(session)
        tess = add_account(session, "t@mls.example", "Tess M", Role.COMMUNICATIONS_LEAD, "gravel otter teapot", now=NOW)
        man(session, accounts={"Tess": tess.id})
        open_incident(session, IncidentDraft("Down", words(), severity=Severity.CRITICAL), now=NOW, author_id=tess.id)
    assert [tick(database, minutes) for minutes in (0.1, 10, 20, 60)] == [1, 0, 0, 1]
    assert {name for name, _ in paged(database, 0.1)} == {"Ines", "Noor"}


def test_the_call_out_of_a_suspicion_goes_on_as_that_of_its_incident(world: Database) -> None:
    suspicion_id = suspected(world)
    with world.transaction() as session:
        incident = open_incident(session, IncidentDraft("Down", words(), severity=Severity.CRITICAL), now=NOW)
        attach(session, suspicion_id, incident.id, now=NOW)
    assert tick(world, 1) == 0
    assert tick(world, 10) == 1
    with world.read() as session:
        assert [each.incident_id for each in open_call_outs(session)] == [incident.id]


def test_a_suspicion_that_joins_an_incident_with_its_own_calls_tells_nobody_that_it_is_over(world: Database) -> None:
    incident_id = opened(world)
    tick(world, 0.1)
    other = Sign(SignKind.CHECK, "probe-2", "It answers 500", NOW, "lockboxes")
    suspicion_id = suspected(world, other)
    with world.transaction() as session:
        for row in session.exec(select(PageRow)):
            row.state = PageState.SENT
        attach(session, suspicion_id, incident_id, now=NOW)
    before = len(paged(world))
    tick(world, 1)
    with world.read() as session:
        assert [each.incident_id for each in open_call_outs(session)] == [incident_id]
        assert all(row.asks for row in session.exec(select(PageRow)))
    assert len(paged(world)) == before


def test_it_ends_when_the_trouble_does(world: Database) -> None:
    suspected(world)
    with world.transaction() as session:
        end_sign(session, SIGN.kind, SIGN.ref, now=NOW + timedelta(minutes=4))
    assert [tick(world, minutes) for minutes in (5, 10, 60)] == [0, 0, 0]
    incident_id = opened(world)
    tick(world, 6)
    with world.transaction() as session:
        post_update(session, incident_id, words(IncidentStatus.RESOLVED), now=NOW + timedelta(minutes=7))
    assert tick(world, 500) == 0


def test_two_workers_that_look_at_once_page_once(world: Database) -> None:
    suspected(world)
    opened(world, Severity.HIGH)
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(lambda _: tick(world, 10), range(4)))
    assert sum(taken) == 2
    assert len([1 for name, way in paged(world, 10) if name == "Lupe" and way == "phone"]) == 1


def test_a_worker_that_was_away_catches_up_and_a_clock_that_goes_back_repeats_nothing(world: Database) -> None:
    suspected(world)
    assert tick(world, 61) == 3
    assert [tick(world, minutes) for minutes in (5, 10, 20, 61)] == [0, 0, 0, 0]


def test_an_empty_shift_falls_to_whoever_answers_instead(database: Database) -> None:
    with database.transaction() as session:
        build(session)
        man(session, empty=("comms_lead",))
    suspected(database)
    assert ("Lupe", "phone") in paged(database, 0) or ("Tess", "phone") in paged(database, 0)


def test_a_drill_says_so_and_reaches_only_the_staff(world: Database) -> None:
    opened(world, is_drill=True)
    tick(world, 0.1)
    with world.read() as session:
        assert all(row.text.startswith("DRILL: ") for row in session.exec(select(PageRow)))


def test_every_step_and_answer_is_in_the_audit_log(world: Database) -> None:
    suspected(world)
    with world.transaction() as session:
        answer_page(session, page_to(world, "Tess"), KeyAnswer.TAKE, "by telephone", now=NOW)
    with world.read() as session:
        acts = [row.act for row in session.exec(select(AuditEntryRow).order_by(AuditEntryRow.seq))]
    begun = acts.index("call_out.begun")
    assert acts[begun:].count("page.owed") == 3
    assert {"call_out.step_taken", "page.answered", "call_out.answered"} <= set(acts[begun:])


def test_without_a_matrix_nobody_is_called(database: Database) -> None:
    with database.transaction() as session:
        build(session)
    suspected(database)
    opened(database)
    assert tick(database, 60) == 0
    with database.read() as session:
        assert open_call_outs(session) == []


def test_whoever_takes_a_page_takes_the_part_that_was_offered(world: Database) -> None:
    incident_id = opened(world)
    tick(world, 0.1)
    with world.transaction() as session:
        answer_page(session, page_to(world, "Tess"), KeyAnswer.TAKE, "by telephone", now=NOW)
        answer_page(session, page_to(world, "Ines"), KeyAnswer.HAND_ON, "by telephone", now=NOW)
    with world.read() as session:
        found = [(each.role, each.person, each.answer) for each in assignments_of(session, incident_id)]
    assert ("comms_lead", "Tess", Answer.ACCEPTED) in found
    assert ("incident_commander", "Ines", Answer.DECLINED) in found
    assert [person for role, person, answer in found if answer is Answer.OFFERED and role == "incident_commander"]


def said(world: Database, incident_id: str, status: IncidentStatus, minutes: float, **given: object) -> None:
    now = NOW + timedelta(minutes=minutes)
    promise = {"next_update_at": now + timedelta(minutes=40)} if status.is_open else {}
    with world.transaction() as session:
        post_update(session, incident_id, words(status, **promise), now=now, **given)


def test_trouble_that_comes_back_calls_everybody_anew(world: Database) -> None:
    incident_id = opened(world)
    tick(world, 0)
    with world.transaction() as session:
        answer_page(session, page_to(world, "Ines"), KeyAnswer.TAKE, "by telephone", now=NOW + timedelta(minutes=2))
    said(world, incident_id, IncidentStatus.RESOLVED, 30)
    tick(world, 31)
    assert paged(world, 31) == set()
    said(world, incident_id, IncidentStatus.INVESTIGATING, 300)
    tick(world, 301)
    duty = {(name, way) for name in ("Ines", "Tess", "Noor") for way in ("phone", "sms")}
    assert paged(world, 301) >= duty
    tick(world, 302)
    assert paged(world, 302) == set()
    with world.read() as session:
        (again,) = call_outs_of(session, incident_id)
    assert (again.began_at, again.answered_at) == (NOW + timedelta(minutes=300), None)


def test_whoever_brings_it_back_with_their_own_words_is_on_it(world: Database) -> None:
    with world.transaction() as session:
        tess = add_account(session, "tess@mls.example", "Tess", Role.COMMUNICATIONS_LEAD, "gravel otter", now=NOW).id
    incident_id = opened(world)
    tick(world, 0)
    said(world, incident_id, IncidentStatus.RESOLVED, 30)
    tick(world, 31)
    said(world, incident_id, IncidentStatus.INVESTIGATING, 300, author_id=tess)
    tick(world, 301)
    with world.read() as session:
        assert [each.answered_by for each in call_outs_of(session, incident_id)] == ["Tess"]
