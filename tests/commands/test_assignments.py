"""The parts of an incident: offered from the roster, accepted or declined, handed over (R4, R17, R20)."""

from datetime import timedelta

import pytest

from app.commands.accounts import add_account
from app.commands.assignments import answer_offer, hand_over, lapse_offers
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.meetings import begin_meeting, save_meeting
from app.commands.roster import save_role
from app.domain.accounts import Permission, Role, may
from app.domain.assignments import COMMANDER, LEAD, OFFER_HOLDS, OPERATIONS, Answer, accepted, designated, gaps
from app.domain.errors import RefusedError
from app.domain.meeting import Meeting, is_invited
from app.domain.severity import Severity
from app.store.assignments import assignments_of
from app.store.meetings import meeting
from app.store.roster import the_roster
from app.store.session import Database
from tests.commands.duty import man
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, build, words


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
        man(session)
    return database


def opened(world: Database, author_id: str | None = None) -> str:
    draft = IncidentDraft("Dashboard down", words(), severity=Severity.CRITICAL)
    with world.transaction() as session:
        return open_incident(session, draft, now=NOW, author_id=author_id).id


def parts(world: Database, incident_id: str):
    with world.read() as session:
        return assignments_of(session, incident_id)


def answer(world: Database, incident_id: str, role: str, *, accept: bool, minutes: int = 1) -> None:
    offer = next(each for each in parts(world, incident_id) if each.role == role and each.answer is Answer.OFFERED)
    with world.transaction() as session:
        answer_offer(session, offer.id, accept=accept, now=NOW + timedelta(minutes=minutes))


def test_r04_the_commander_defaults_from_the_roster(world: Database) -> None:
    incident_id = opened(world)
    commander = designated(parts(world, incident_id), COMMANDER)
    assert commander
    assert (commander.person, commander.answer) == ("Ines", Answer.OFFERED)


def test_r17_each_part_is_accepted_or_declined_and_what_is_declined_goes_on(world: Database) -> None:
    incident_id = opened(world)
    answer(world, incident_id, LEAD, accept=True)
    answer(world, incident_id, COMMANDER, accept=False)
    known = parts(world, incident_id)
    assert accepted(known)[LEAD].person == "Tess"
    assert [(each.person, each.answer) for each in known if each.role == COMMANDER] == [
        ("Ines", Answer.DECLINED),
        ("Hank", Answer.OFFERED),
    ], "the commander falls to the executive"
    assert gaps(known, Severity.CRITICAL) == (COMMANDER, OPERATIONS)


def test_whoever_opens_it_while_on_duty_has_the_part(database: Database) -> None:
    with database.transaction() as session:
        build(session)
        tess = add_account(session, "t@mls.example", "Tess M", Role.COMMUNICATIONS_LEAD, "gravel otter teapot", now=NOW)
        man(session, accounts={"Tess": tess.id})
    assert accepted(parts(database, opened(database, tess.id))).keys() == {LEAD}


def test_an_offer_that_nobody_answers_goes_on_after_ten_minutes_once(world: Database) -> None:
    incident_id = opened(world)
    for at, lapsed in ((OFFER_HOLDS - timedelta(seconds=1), 0), (OFFER_HOLDS, 3), (OFFER_HOLDS, 0)):
        with world.transaction() as session:
            assert lapse_offers(session, now=NOW + at) == lapsed
    assert [each.person for each in parts(world, incident_id) if each.role == LEAD] == ["Tess", "Lupe"]


def test_somebody_who_answers_late_still_gets_it_unless_another_took_it(world: Database) -> None:
    incident_id = opened(world)
    first = next(each for each in parts(world, incident_id) if each.role == LEAD)
    with world.transaction() as session:
        lapse_offers(session, now=NOW + OFFER_HOLDS)
    answer(world, incident_id, LEAD, accept=True, minutes=11)
    with pytest.raises(RefusedError, match="Lupe has taken it"), world.transaction() as session:
        answer_offer(session, first.id, accept=True, now=NOW + timedelta(minutes=12))


def test_a_part_is_handed_over_when_the_other_accepts(world: Database) -> None:
    incident_id = opened(world)
    answer(world, incident_id, COMMANDER, accept=True)
    with world.transaction() as session:
        walt = next(person for person in the_roster(session, NOW).people if person.name == "Walt")
        hand_over(session, incident_id, COMMANDER, walt.id, now=NOW + timedelta(minutes=30))
    assert accepted(parts(world, incident_id))[COMMANDER].person == "Ines"
    answer(world, incident_id, COMMANDER, accept=True, minutes=31)
    assert accepted(parts(world, incident_id))[COMMANDER].person == "Walt"
    with pytest.raises(RefusedError), world.transaction() as session:
        hand_over(session, incident_id, LEAD, walt.id, now=NOW)


def test_r20_a_renamed_role_keeps_its_permissions(world: Database) -> None:
    with world.transaction() as session:
        before = the_roster(session, NOW).role(LEAD)
        save_role(session, LEAD, "Voice of the MLS", is_covered=True, now=NOW)
        after = the_roster(session, NOW).role(LEAD)
    assert before
    assert after
    assert after.name == "Voice of the MLS"
    assert [may(after.console_role, each) for each in Permission] == [
        may(before.console_role, each) for each in Permission
    ]
    assert after.speaks
    assert designated(parts(world, opened(world)), LEAD)


def test_each_incident_meets_under_a_code_of_its_own_that_only_the_invited_see(database: Database) -> None:
    with database.transaction() as session:
        build(session)
        gil = add_account(session, "g@mls.example", "Gil", Role.SUBJECT_EXPERT, "gravel otter teapot", now=NOW)
        tess = add_account(session, "t@mls.example", "Tess M", Role.COMMUNICATIONS_LEAD, "gravel otter teapot", now=NOW)
        man(session, accounts={"Tess": tess.id})
        save_meeting(session, VAULT, Meeting("202-555-0170", "https://meet.example/{code}", "#out-{code}"), now=NOW)
    incident_id = opened(database)
    with database.transaction() as session:
        first = begin_meeting(session, VAULT, incident_id, now=NOW)
        assert first == begin_meeting(session, VAULT, incident_id, now=NOW) == meeting(session, VAULT, incident_id)
    assert first
    assert first.link.startswith("https://meet.example/")
    assert "{code}" not in first.link + first.chat
    known = parts(database, incident_id)
    assert is_invited(known, tess.id)
    assert not is_invited(known, gil.id)
