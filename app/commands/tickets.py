"""Answer members who want to hear back: take a report as a ticket, say "on it", reply, join it to an incident.

Every act is one transaction with its letters in it: the member's, and the service manager's copy
(R23). Letters say what they are about; `app.deliver.ticket_letters` sends them at once.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.audit import note
from app.domain.audit import Subject
from app.domain.channels import Channel
from app.domain.errors import NotFoundError, RefusedError
from app.domain.events import TicketAnswered
from app.domain.plain_language import refusals
from app.domain.reply_words import Reply, checked_reply, labels_in
from app.domain.tickets import (
    QUESTIONS,
    REPLY_MOST,
    WORDS_MOST,
    EntryKind,
    LetterKind,
    TicketDraft,
    TicketState,
    TrialResult,
    check_ticket,
    place_of,
)
from app.store.accounts import account_names
from app.store.components import component_row
from app.store.incidents import open_incidents
from app.store.outbox import record, take_numbers
from app.store.tickets import (
    TicketEntryRow,
    TicketLetterRow,
    TicketRow,
    new_tickets_about,
    service_manager_row,
    ticket_row,
    tickets_of_address,
    tickets_of_incident,
)
from app.store.vault import Vault

_HEARD_WITHIN = timedelta(days=3)


def open_ticket(session: Session, vault: Vault, draft: TicketDraft, *, now: datetime) -> TicketRow:
    """Take a report as a ticket with a number of its own.

    Raises:
        NotFoundError: no such component is on the page.
        RefusedError: it says more than anybody reads.
    """
    component = component_row(session, draft.slug)
    if component is None or component.retired_at is not None:
        raise NotFoundError("This service is not on the page.")
    check_ticket(draft)
    has_address = draft.channel is not None and bool(draft.address)
    row = TicketRow(
        number=take_numbers(session, "ticket"),
        component_id=component.id,
        source=draft.source,
        channel=draft.channel if has_address else None,
        address_cipher=_sealed(vault, draft.address if has_address else ""),
        address_index=vault.index(draft.channel, draft.address) if draft.channel and draft.address else "",
        name_cipher=_sealed(vault, draft.name),
        words_cipher=_sealed(vault, draft.words),
        language=draft.language,
        consent=draft.consent if has_address else "",
        is_muted=draft.is_muted,
        opened_at=now,
        touched_at=now,
    )
    session.add(row)
    session.flush()
    facts = {"number": row.number, "component": draft.slug, "source": draft.source, "channel": row.channel}
    note(session, "ticket.opened", _subject(row), after=facts, now=now)
    return row


def take_on(session: Session, ticket_id: str, account_id: str | None, *, now: datetime) -> TicketRow:
    """Say "on it" (R10): recorded once, and the member is told in the same transaction.

    Whoever says it later changes nothing.

    Raises:
        NotFoundError: there is no such ticket.
    """
    row = _row(session, ticket_id)
    if row.acknowledged_at is None and TicketState(row.state) is TicketState.NEW:
        _acknowledge(session, row, account_id, now)
        if not row.is_muted:
            _owe(session, row, LetterKind.ON_IT, now)
    return row


def take_on_all(session: Session, slugs: Collection[str], account_id: str | None, *, now: datetime) -> int:
    """Say "on it" on every new ticket about these components: whoever looks into the trouble looks into theirs."""
    rows = new_tickets_about(session, slugs) if slugs else []
    for row in rows:
        take_on(session, row.id, account_id, now=now)
    return len(rows)


def reply(
    session: Session,
    vault: Vault,
    ticket_id: str,
    account_id: str,
    words: str,
    *,
    state: TicketState = TicketState.ON_IT,
    now: datetime,
) -> None:
    """Tell the member something, and say where the ticket stands then.

    Raises:
        NotFoundError: there is no such ticket.
        RefusedError: there is no address, nothing is said, or it would hurt (R13, R45); field "words".
    """
    row = _row(session, ticket_id)
    if not row.address_cipher:
        raise RefusedError({"words": "This member left no address. Write it down as a note instead."})
    _check_words(session, words, REPLY_MOST)
    if row.acknowledged_at is None:
        _acknowledge(session, row, account_id, now)
    entry = _write(session, vault, row, EntryKind.REPLY, account_id, words, now=now)
    _owe(session, row, LetterKind.REPLY, now, entry.id)
    _move(session, row, state, account_id, now)


def answer(
    session: Session,
    vault: Vault,
    ticket_id: str,
    account_id: str,
    said: Reply,
    understood: str,
    *,
    state: TicketState = TicketState.ON_IT,
    now: datetime,
) -> None:
    """Tell the member what was understood, what is known and what is asked (R44); otherwise as `reply`.

    `understood` leads to the problem in the member's language (`Reply.as_text`).

    Raises:
        NotFoundError: there is no such ticket.
        RefusedError: a part is missing, too long or would hurt; fields "problem", "answer", "question".
    """
    words = checked_reply(said, account_names(session)).as_text(understood)
    if len(words) > REPLY_MOST:
        raise RefusedError({"answer": f"Together this has {len(words):,} characters; the most is {REPLY_MOST:,}."})
    reply(session, vault, ticket_id, account_id, words, state=state, now=now)


def solve(session: Session, vault: Vault, ticket_id: str, account_id: str, words: str, *, now: datetime) -> None:
    """Close a ticket with what solved it; a member with an address is told so.

    Raises:
        NotFoundError: there is no such ticket.
        RefusedError: nothing is said, or it would hurt; field "words".
    """
    row = _row(session, ticket_id)
    if row.address_cipher:
        reply(session, vault, ticket_id, account_id, words, state=TicketState.SOLVED, now=now)
        return
    _check_words(session, words, REPLY_MOST)
    if row.acknowledged_at is None:
        _acknowledge(session, row, account_id, now)
    _write(session, vault, row, EntryKind.NOTE, account_id, words, now=now)
    _move(session, row, TicketState.SOLVED, account_id, now)


def reopen_ticket(session: Session, ticket_id: str, account_id: str, *, now: datetime) -> None:
    """It was not solved after all.

    Raises:
        NotFoundError: there is no such ticket.
    """
    row = _row(session, ticket_id)
    _move(session, row, TicketState.ON_IT, account_id, now)


def add_note(session: Session, vault: Vault, ticket_id: str, account_id: str, words: str, *, now: datetime) -> None:
    """Write down a finding, for us alone (R52).

    Raises:
        NotFoundError: there is no such ticket.
        RefusedError: nothing is said, or too much; field "note".
    """
    row = _row(session, ticket_id)
    _check_length(words, WORDS_MOST, "note")
    _write(session, vault, row, EntryKind.NOTE, account_id, words, now=now)


def log_trial(
    session: Session,
    vault: Vault,
    ticket_id: str,
    account_id: str,
    steps: str,
    result: TrialResult | None,
    *,
    now: datetime,
) -> None:
    """Write down how it was tried here, and what came of it (R14).

    Raises:
        NotFoundError: there is no such ticket.
        RefusedError: the steps or the result are missing.
    """
    row = _row(session, ticket_id)
    _check_length(steps, WORDS_MOST, "steps")
    if result is None:
        raise RefusedError({"result": "Say what came of it."})
    _write(session, vault, row, EntryKind.TRIAL, account_id, steps, result=result, now=now)


def isolate(
    session: Session, vault: Vault, ticket_id: str, account_id: str, answers: Mapping[str, bool], *, now: datetime
) -> None:
    """Keep what was found out about where the trouble is (R14).

    Raises:
        NotFoundError: there is no such ticket.
    """
    row = _row(session, ticket_id)
    known = {question.name: answers[question.name] for question in QUESTIONS if question.name in answers}
    if known == row.answers:
        return
    row.answers = known
    place = place_of(known)
    words = f"It is at {place.in_words}." if place else "Some answers, and the place is still open."
    _write(session, vault, row, EntryKind.ISOLATED, account_id, words, now=now)


def merge(
    session: Session, vault: Vault, ticket_id: str, account_id: str, incident_id: str, *, now: datetime
) -> TicketRow:
    """Join a ticket to an open incident, whose end will be told to its member (R11).

    Raises:
        NotFoundError: there is no such ticket.
        RefusedError: no open incident goes by that id, or the ticket is solved.
    """
    row = _row(session, ticket_id)
    incident = next((item for item in open_incidents(session) if item.id == incident_id), None)
    if incident is None:
        raise RefusedError({"incident_id": "Choose an incident that is open."})
    if row.state == TicketState.SOLVED:
        raise RefusedError({"incident_id": "This ticket is solved. Open it again first."})
    if row.incident_id == incident.id:
        return row
    row.incident_id, row.told_at = incident.id, None
    take_on(session, ticket_id, account_id, now=now)
    _write(session, vault, row, EntryKind.MERGED, account_id, incident.title, now=now)
    note(session, "ticket.merged", _subject(row), after={"incident": incident.id}, now=now)
    return row


def unmerge(session: Session, vault: Vault, ticket_id: str, account_id: str, *, now: datetime) -> None:
    """Take a ticket out of its incident: it is another matter.

    Raises:
        NotFoundError: there is no such ticket.
        RefusedError: it is in none, or its member was told already that it is over.
    """
    row = _row(session, ticket_id)
    if row.incident_id is None or row.told_at is not None:
        raise RefusedError("This ticket is in no incident that still goes on.")
    before, row.incident_id = row.incident_id, None
    _write(session, vault, row, EntryKind.UNMERGED, account_id, "", now=now)
    note(session, "ticket.unmerged", _subject(row), before={"incident": before}, now=now)


def tell_of_solution(session: Session, incident_id: str, *, now: datetime) -> None:
    """An incident is resolved: every member whose ticket is part of it hears so, each address once (R11)."""
    told: set[str] = set()
    for row in tickets_of_incident(session, incident_id):
        if row.told_at is not None or row.state == TicketState.SOLVED:
            continue
        row.told_at = now
        if row.address_index and row.address_index not in told:
            _owe(session, row, LetterKind.SOLVED, now)
            told.add(row.address_index)
        _move(session, row, TicketState.SOLVED, None, now)


def hear_on_tickets(session: Session, vault: Vault, number: str, text: str, *, now: datetime) -> bool:
    """A member texts: it is an answer when a ticket of theirs is open, or was until lately; whether one is."""
    rows = tickets_of_address(session, vault.indexes(Channel.SMS, number)) if number else []
    lately = [row for row in rows if row.solved_at is None or now - row.solved_at < _HEARD_WITHIN]
    if not lately:
        return False
    row = lately[-1]
    _write(session, vault, row, EntryKind.HEARD, None, text[:WORDS_MOST], now=now)
    if row.state == TicketState.WAITING:
        row.state = TicketState.ON_IT
    note(session, "ticket.heard", _subject(row), now=now)
    return True


def _acknowledge(session: Session, row: TicketRow, account_id: str | None, now: datetime) -> None:
    row.acknowledged_at, row.acknowledged_by = now, account_id
    row.state, row.touched_at = TicketState.ON_IT, now
    session.add(TicketEntryRow(ticket_id=row.id, at=now, kind=EntryKind.ON_IT, account_id=account_id))
    waited = round((now - row.opened_at).total_seconds())
    note(session, "ticket.acknowledged", _subject(row), after={"after_seconds": waited}, now=now)


def _move(session: Session, row: TicketRow, state: TicketState, account_id: str | None, now: datetime) -> None:
    before = TicketState(row.state)
    if before is state:
        return
    row.state, row.touched_at = state, now
    row.solved_at = now if state is TicketState.SOLVED else None
    kind = _MOVES[state] if state is not TicketState.ON_IT or before is TicketState.SOLVED else None
    if kind:
        session.add(TicketEntryRow(ticket_id=row.id, at=now, kind=kind, account_id=account_id))
    note(session, "ticket.moved", _subject(row), before={"state": before}, after={"state": state}, now=now)


_MOVES = {
    TicketState.ON_IT: EntryKind.REOPENED,
    TicketState.WAITING: EntryKind.WAITING,
    TicketState.SOLVED: EntryKind.SOLVED,
}


def _write(
    session: Session,
    vault: Vault,
    row: TicketRow,
    kind: EntryKind,
    account_id: str | None,
    words: str,
    *,
    result: TrialResult | None = None,
    now: datetime,
) -> TicketEntryRow:
    """One line of the record; the audit log learns that it was written, never what, for it may name people."""
    entry = TicketEntryRow(
        ticket_id=row.id,
        at=now,
        kind=kind,
        words_cipher=_sealed(vault, words.strip()),
        result=result,
        account_id=account_id,
    )
    session.add(entry)
    row.touched_at = now
    session.flush()
    note(session, "ticket.written", _subject(row), after={"kind": kind, "result": result}, now=now)
    return entry


def _owe(session: Session, row: TicketRow, kind: LetterKind, now: datetime, entry_id: int | None = None) -> None:
    """Owe the member a letter, and the service manager its copy; nothing where there is no address."""
    if not row.address_cipher:
        return
    copies = (False, True) if service_manager_row(session) else (False,)
    for is_copy in copies:
        session.add(TicketLetterRow(ticket_id=row.id, kind=kind, is_copy=is_copy, entry_id=entry_id, created_at=now))
    note(session, "ticket.answered", _subject(row), after={"kind": kind, "channel": row.channel}, now=now)
    record(session, TicketAnswered(row.id), now)


def _check_words(session: Session, words: str, most: int) -> None:
    _check_length(words, most, "words")
    problems = refusals({"words": words}, account_names(session)) | labels_in({"words": words})
    if problems:
        raise RefusedError(problems)


def _check_length(words: str, most: int, field: str) -> None:
    if not words.strip():
        raise RefusedError({field: "Write a sentence."})
    if len(words) > most:
        raise RefusedError({field: f"This has {len(words):,} characters; the most is {most:,}."})


def _sealed(vault: Vault, text: str) -> bytes:
    return vault.seal(text) if text else b""


def _row(session: Session, ticket_id: str) -> TicketRow:
    row = ticket_row(session, ticket_id)
    if row is None:
        raise NotFoundError(f"There is no ticket “{ticket_id[:40]}”.")
    return row


def _subject(row: TicketRow) -> Subject:
    return Subject("ticket", row.id)
