"""Owe pages to people on duty, in the transaction of what they are paged about (R15, R17)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.domain.audit import Subject
from app.domain.errors import NotFoundError
from app.domain.escalation import By
from app.domain.events import PeoplePaged
from app.domain.pages import PageState
from app.domain.roster import Person
from app.store.escalation import OutsideContactRow
from app.store.outbox import record
from app.store.pages import PageRow, page_row


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says: a subject of one line, and a text of a few sentences."""

    subject: str
    text: str


def page_person(
    session: Session,
    call_out_id: str,
    person: Person,
    role: str,
    by: Sequence[By],
    words: Words,
    *,
    asks: bool = True,
    now: datetime,
) -> None:
    """Owe one page by each of these ways. The worker sends them at once.

    `asks` says that an answer is wanted: a key, a reply, a tap.
    """
    session.add_all(
        PageRow(
            call_out_id=call_out_id,
            person_id=person.id,
            role=role,
            by=way,
            asks=asks,
            subject=words.subject,
            text=words.text,
            state=PageState.OWED,
            paged_at=now,
        )
        for way in by
    )
    facts = {"person": person.id, "role": role, "by": list(by)}
    note(session, "page.owed", Subject("call_out", call_out_id), after=facts, now=now)
    record(session, PeoplePaged(), now)


def tell_outside(
    session: Session,
    call_out_id: str,
    kind: str,
    contacts: Iterable[OutsideContactRow],
    by: Sequence[By],
    words: Words,
    *,
    now: datetime,
) -> None:
    """Owe mails and texts to people outside the roster; a call is left to a person, who ticks it off."""
    for contact in contacts:
        for way in by:
            cipher = contact.email_cipher if way is By.EMAIL else contact.phone_cipher
            if cipher is not None:
                state = PageState.BY_HAND if way is By.PHONE else PageState.OWED
                _owe_outside(session, call_out_id, kind, contact.name, way, cipher, words, state, now)
    record(session, PeoplePaged(), now)


def owe_vendor_call(session: Session, call_out_id: str, name: str, number: str, words: Words, *, now: datetime) -> None:
    """Owe a call to a vendor of the register, which a person makes; the number stands in the log itself."""
    row = PageRow(
        call_out_id=call_out_id,
        name=f"{name}, {number}" if number else name,
        role="vendor_escalation",
        by=By.PHONE,
        asks=False,
        subject=words.subject,
        text=words.text,
        state=PageState.BY_HAND,
        paged_at=now,
    )
    session.add(row)
    note(session, "page.owed", Subject("call_out", call_out_id), after={"to": name, "by": [By.PHONE]}, now=now)


def _owe_outside(
    session: Session,
    call_out_id: str,
    kind: str,
    name: str,
    way: By,
    cipher: bytes,
    words: Words,
    state: PageState,
    now: datetime,
) -> None:
    session.add(
        PageRow(
            call_out_id=call_out_id,
            name=name,
            address_cipher=cipher,
            role=kind,
            by=way,
            asks=False,
            subject=words.subject,
            text=words.text,
            state=state,
            paged_at=now,
        )
    )
    note(session, "page.owed", Subject("call_out", call_out_id), after={"to": name, "by": [way]}, now=now)


def tick_off_call(session: Session, page_id: str, account_id: str, *, now: datetime) -> None:
    """Somebody has called by hand. Twice changes nothing.

    Raises:
        NotFoundError: there is no such call.
    """
    row = page_row(session, page_id)
    if row is None or row.state not in (PageState.BY_HAND, PageState.DONE):
        raise NotFoundError("There is no such call to make.")
    if row.state == PageState.BY_HAND:
        row.state, row.sent_at = PageState.DONE, now
        facts = {"to": row.name, "account": account_id}
        note(session, "page.made_by_hand", Subject("call_out", row.call_out_id), after=facts, now=now)
