"""Tickets on both databases: from a report to its end, each member told once, and forgotten in time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.copies import keep_service_manager
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.replies import Reply, take_reply
from app.commands.subscriber_records import erase, export_person
from app.commands.suspicions import acknowledge, suspect
from app.commands.ticket_records import exported_tickets, forget_old_tickets, rekey_tickets
from app.commands.tickets import (
    add_note,
    isolate,
    log_trial,
    merge,
    open_ticket,
    reopen_ticket,
    reply,
    solve,
    take_on,
    unmerge,
)
from app.deliver.ticket_letters import LetterToSend, send_owed_letters
from app.domain.accounts import Role
from app.domain.channels import Channel
from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError, RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.reports import Source
from app.domain.suspicions import Sign, SignKind
from app.domain.tickets import ADDRESS_KEPT, EntryKind, LetterKind, TicketDraft, TicketState, TrialResult
from app.store.audit import AuditEntryRow
from app.store.session import Database
from app.store.subscribers import subscription_row
from app.store.tickets import TicketRow, entries_of, letters_of, the_ticket, waits_since
from app.store.vault import Vault
from tests.commands.sign_ups import MAILBOX, NUMBER, VAULT, member
from tests.commands.world import NOW, SOON, build, words

MANAGER = "manager@mls.example"


class Desk:
    """A help desk with one person at it, and a post-box for everything that left."""

    def __init__(self, database: Database) -> None:
        self.database, self.sent, self.is_down = database, [], False
        with database.transaction() as session:
            build(session)
            self.tess = add_account(session, "tess@mls.example", "Tess", Role.HELP_DESK, "gravel otter teapot", now=NOW)
            keep_service_manager(session, VAULT, MANAGER, now=NOW)

    def ticket(self, address: str = MAILBOX, channel: Channel = Channel.EMAIL, slug: str = "forms", **fields) -> str:
        draft = TicketDraft(slug, Source.MEMBER, "Save spins.", "Ana", channel, address, consent="Yes.", **fields)
        with self.database.transaction() as session:
            return open_ticket(session, VAULT, draft, now=NOW).id

    def do(self, act, ticket_id: str, *said, now: datetime = NOW, **fields) -> None:
        given = (ticket_id, self.tess.id, *said)
        with self.database.transaction() as session:
            act(*((session,) if act in (take_on, reopen_ticket) else (session, VAULT)), *given, now=now, **fields)

    def send(self, now: datetime = NOW) -> list[LetterToSend]:
        """What leaves now."""
        before = len(self.sent)

        def post(letter: LetterToSend) -> bool:
            self.sent.append(letter)
            return not self.is_down

        send_owed_letters(self.database, VAULT, post, now=now)
        return self.sent[before:]

    def the(self, ticket_id: str):
        with self.database.read() as session:
            return the_ticket(session, VAULT, ticket_id)

    def kinds(self, ticket_id: str) -> list[EntryKind]:
        with self.database.read() as session:
            return [entry.kind for entry in entries_of(session, VAULT, ticket_id)]

    def incident(self) -> str:
        down = words(components={"forms": ComponentStatus.MAJOR_OUTAGE})
        with self.database.transaction() as session:
            return open_incident(session, IncidentDraft("Forms down", down), now=NOW).id

    def resolve(self, incident_id: str, now: datetime = SOON) -> None:
        with self.database.transaction() as session:
            post_update(session, incident_id, words(IncidentStatus.RESOLVED), now=now)


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    return Desk(database)


def test_r10_on_it_is_recorded_once_and_answers_in_the_same_transaction(desk):
    ticket_id = desk.ticket()
    desk.do(take_on, ticket_id, now=NOW + timedelta(minutes=4))
    desk.do(take_on, ticket_id, now=NOW + timedelta(minutes=9))
    ticket = desk.the(ticket_id)
    assert (ticket.state, ticket.answered_after, ticket.acknowledged_by) == (
        TicketState.ON_IT,
        timedelta(minutes=4),
        desk.tess.id,
    )
    assert desk.kinds(ticket_id) == [EntryKind.ON_IT]
    with desk.database.read() as session:
        assert [letter.kind for letter in letters_of(session, ticket_id)] == [LetterKind.ON_IT]
        assert waits_since(session, NOW) == [timedelta(minutes=4)]


def test_r23_every_letter_has_the_service_managers_copy_that_nobody_can_leave_out(desk):
    ticket_id = desk.ticket(NUMBER, Channel.SMS)
    desk.do(take_on, ticket_id)
    desk.do(reply, ticket_id, "We have found it and put it right.")
    sent = desk.send()
    assert [(letter.kind, letter.address) for letter in sent] == [
        (LetterKind.ON_IT, NUMBER),
        (LetterKind.ON_IT, MANAGER),
        (LetterKind.REPLY, NUMBER),
        (LetterKind.REPLY, MANAGER),
    ]
    assert {letter.meant_for for letter in sent} == {None, Channel.SMS}
    assert sent[2].words == sent[3].words == "We have found it and put it right."
    assert desk.send(NOW + timedelta(hours=1)) == []


def test_r11_a_report_becomes_a_ticket_joins_the_incident_and_its_end_reaches_the_reporter_once(desk):
    ana, again, other = desk.ticket(), desk.ticket(), desk.ticket(NUMBER, Channel.SMS)
    incident_id = desk.incident()
    for ticket_id in (ana, again, other):
        desk.do(merge, ticket_id, incident_id)
    desk.send()
    desk.resolve(incident_id)
    told = [letter for letter in desk.send() if letter.meant_for is None]
    assert [(letter.kind, letter.address, letter.incident_id) for letter in told] == [
        (LetterKind.SOLVED, MAILBOX, incident_id),
        (LetterKind.SOLVED, NUMBER, incident_id),
    ]
    assert {desk.the(each).state for each in (ana, again, other)} == {TicketState.SOLVED}
    with desk.database.transaction() as session:
        post_update(session, incident_id, words(next_update_at=SOON + timedelta(hours=1)), now=SOON)
    desk.resolve(incident_id, SOON + timedelta(minutes=30))
    assert desk.send() == []


def test_r11_a_ticket_taken_out_of_its_incident_hears_nothing_of_its_end(desk):
    ticket_id, incident_id = desk.ticket(), desk.incident()
    desk.do(merge, ticket_id, incident_id)
    desk.do(merge, ticket_id, incident_id)
    desk.do(unmerge, ticket_id)
    desk.send()
    desk.resolve(incident_id)
    assert desk.send() == []
    assert desk.kinds(ticket_id) == [EntryKind.ON_IT, EntryKind.MERGED, EntryKind.UNMERGED]
    with pytest.raises(RefusedError):
        desk.do(unmerge, ticket_id)


@pytest.mark.parametrize(
    "said",
    [
        "I can't reproduce the issue.",
        "We can’t reproduce this.",
        "We could not reproduce it",
        "It works on my machine.",
        "Tess forgot to renew it.",
    ],
)
def test_r13_an_answer_never_doubts_the_member_nor_blames_a_person(desk, said):
    ticket_id = desk.ticket()
    with pytest.raises(RefusedError) as refused:
        desk.do(reply, ticket_id, said)
    assert list(refused.value.problems) == ["words"]
    assert desk.send() == []


def test_r14_trials_and_the_place_stand_in_the_record_with_who_wrote_them(desk):
    ticket_id = desk.ticket()
    desk.do(log_trial, ticket_id, "Signed in as a test agent, pressed Save.", TrialResult.COMES_AND_GOES)
    desk.do(isolate, ticket_id, {"account": True, "browser": False, "made-up": True})
    desk.do(isolate, ticket_id, {"account": True, "browser": False})
    with desk.database.read() as session:
        trial, place = entries_of(session, VAULT, ticket_id)
    assert (trial.kind, trial.result, trial.account_id) == (EntryKind.TRIAL, TrialResult.COMES_AND_GOES, desk.tess.id)
    assert (place.kind, place.words) == (EntryKind.ISOLATED, "It is at this browser or device.")
    assert desk.the(ticket_id).answers == {"account": True, "browser": False}
    with pytest.raises(RefusedError):
        desk.do(log_trial, ticket_id, "Pressed Save.", None)


def test_who_says_on_it_to_a_suspicion_says_it_to_the_members_who_wait(desk):
    waiting, elsewhere = desk.ticket(), desk.ticket(slug="lockboxes")
    with desk.database.transaction() as session:
        found = suspect(session, Sign(SignKind.CHECK, "p", "answers 500", NOW, "forms"), now=NOW)
        acknowledge(session, found.id, desk.tess.id, now=NOW)
    assert (desk.the(waiting).state, desk.the(elsewhere).state) == (TicketState.ON_IT, TicketState.NEW)
    assert [letter.number for letter in desk.send()] == [1, 1]


def test_a_mail_that_could_not_be_sent_goes_again_and_a_text_never_does(desk):
    mailed, texted = desk.ticket(), desk.ticket(NUMBER, Channel.SMS)
    desk.is_down = True
    for ticket_id in (mailed, texted):
        desk.do(take_on, ticket_id)
    desk.send()
    desk.is_down = False
    again = desk.send(NOW + timedelta(minutes=2))
    assert [(letter.channel, letter.meant_for) for letter in again] == [
        (Channel.EMAIL, None),
        (Channel.EMAIL, Channel.EMAIL),
        (Channel.EMAIL, Channel.SMS),
    ]
    with desk.database.read() as session:
        (letter,) = letters_of(session, texted)
    assert (letter.finished_at is not None, letter.is_sent) == (True, False)


def test_who_said_stop_is_not_texted_by_a_ticket_either(desk):
    ticket_id = desk.ticket(NUMBER, Channel.SMS)
    with desk.database.transaction() as session:
        take_reply(session, VAULT, Reply("SM1", NUMBER, "STOP"), now=NOW)
    desk.do(take_on, ticket_id)
    assert [letter.address for letter in desk.send()] == [MANAGER]


def test_what_a_member_texts_back_stands_in_the_ticket_and_is_still_read_for_a_stop(desk):
    ticket_id = desk.ticket(NUMBER, Channel.SMS)
    desk.do(reply, ticket_id, "Which browser is it?", state=TicketState.WAITING)
    with desk.database.transaction() as session:
        heard = take_reply(session, VAULT, Reply("SM2", NUMBER, "Safari on my phone"), now=NOW)
    assert heard is not None
    with desk.database.read() as session:
        last = entries_of(session, VAULT, ticket_id)[-1]
    assert (last.kind, last.words, desk.the(ticket_id).state) == (
        EntryKind.HEARD,
        "Safari on my phone",
        TicketState.ON_IT,
    )


def test_an_address_that_asks_too_often_is_answered_by_people_alone(desk):
    ticket_id = desk.ticket(is_muted=True)
    desk.do(take_on, ticket_id)
    assert desk.send() == []
    desk.do(reply, ticket_id, "We are looking at it now.")
    assert [letter.kind for letter in desk.send()] == [LetterKind.REPLY] * 2


def test_a_solved_ticket_says_what_solved_it_and_may_be_opened_again(desk):
    ticket_id, quiet = desk.ticket(), desk.ticket("")
    for each in (ticket_id, quiet):
        desk.do(solve, each, "Sign out and in again, then Save works.")
        assert desk.the(each).solved_at == NOW
    assert [letter.words for letter in desk.send()] == ["Sign out and in again, then Save works."] * 2
    desk.do(reopen_ticket, ticket_id)
    assert (desk.the(ticket_id).state, desk.the(ticket_id).solved_at) == (TicketState.ON_IT, None)
    with pytest.raises(RefusedError):
        desk.do(reply, quiet, "Hello.")


def test_whatever_is_written_on_a_ticket_touches_it(desk):
    ticket_id, later = desk.ticket(), NOW + timedelta(hours=2, minutes=1)
    assert desk.the(ticket_id).touched_at == NOW
    desk.do(add_note, ticket_id, "The supplier is asked.", now=later)
    assert desk.the(ticket_id).touched_at == later


def test_a_person_gets_their_tickets_out_and_is_forgotten_with_them(desk):
    with desk.database.transaction() as session:
        subscription_id = member(session)
    ticket_id = desk.ticket(NUMBER, Channel.SMS)
    desk.do(reply, ticket_id, "We are looking at it now.")
    with desk.database.transaction() as session:
        subscription = subscription_row(session, subscription_id)
        (kept,) = export_person(session, VAULT, subscription, now=NOW)["tickets"]
        assert (kept["name"], kept["words"], kept["consent"]) == ("Ana", "Save spins.", "Yes.")
        assert [entry["words"] for entry in kept["record"] if entry["words"]] == ["We are looking at it now."]
        erase(session, subscription, now=NOW)
    ticket = desk.the(ticket_id)
    assert (ticket.name, ticket.address, ticket.words, ticket.forgotten_at) == ("", "", "", NOW)
    assert desk.send() == desk.sent  # the copy alone: there is nobody left to tell
    assert [letter.address for letter in desk.sent] == [MANAGER]


def test_addresses_are_forgotten_thirty_days_after_the_end_and_not_before(desk):
    done, open_one = desk.ticket(), desk.ticket()
    desk.do(solve, done, "It works again.")
    for span, number in ((ADDRESS_KEPT - timedelta(minutes=1), 0), (ADDRESS_KEPT + timedelta(minutes=1), 1)):
        with desk.database.transaction() as session:
            assert forget_old_tickets(session, now=NOW + span) == number
    assert (desk.the(done).address, desk.the(open_one).address) == ("", MAILBOX)


def test_a_stolen_database_and_the_audit_log_name_nobody(desk):
    ticket_id = desk.ticket()
    desk.do(add_note, ticket_id, "Ana is at the Cedar Street office.")
    with desk.database.read() as session:
        row = session.exec(select(TicketRow)).one()
        log = " ".join(str(entry) for entry in session.exec(select(AuditEntryRow)))
    kept = b"".join((row.address_cipher, row.name_cipher, row.words_cipher)).decode() + row.address_index + log
    assert not any(word in kept for word in ("Ana", MAILBOX, "spins", "Cedar"))


def test_a_new_key_opens_old_tickets(desk):
    ticket_id = desk.ticket()
    desk.do(add_note, ticket_id, "The supplier is asked.")
    newer = Vault("another secret of thirty-two signs", "a secret of thirty-two characters")
    with desk.database.transaction() as session:
        assert rekey_tickets(session, newer) == 2
    alone = Vault("another secret of thirty-two signs")
    with desk.database.transaction() as session:
        assert the_ticket(session, alone, ticket_id).name == "Ana"
        assert len(exported_tickets(session, alone, alone.indexes(Channel.EMAIL, MAILBOX), now=NOW)) == 1


def test_it_takes_nothing_about_what_is_not_on_the_page_nor_acts_on_what_is_no_ticket(desk):
    with pytest.raises(NotFoundError):
        desk.ticket(slug="cellar")
    for act, said in ((take_on, ()), (reply, ("Hello.",)), (merge, ("x",)), (unmerge, ())):
        with pytest.raises(NotFoundError):
            desk.do(act, "nothing", *said)
