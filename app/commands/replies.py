"""What becomes of a text message that a member sent us: end, begin again, answer, or have a person read it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.commands import audit
from app.commands.addresses import normal_address
from app.commands.subscribers import hold, new_row, opt_in, opt_out, release
from app.commands.tickets import hear_on_tickets
from app.domain.audit import Subject
from app.domain.channels import Channel
from app.domain.consent import Means
from app.domain.errors import NotFoundError, RefusedError
from app.domain.stop_words import Meaning, meaning_of
from app.store.replies import ReplyRow, is_first
from app.store.subscribers import SubscriptionRow, key_of, subscription_by_address, subscription_row
from app.store.vault import Vault

_LONGEST = 1_600


@dataclass(frozen=True, slots=True)
class Reply:
    """One text message as the provider hands it over; `id` is the provider's."""

    id: str
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message meant, in which language its sender is told things, and whether it changed anything."""

    meaning: Meaning
    language: str = "en"
    has_effect: bool = True


def take_reply(session: Session, vault: Vault, reply: Reply, *, now: datetime) -> Heard | None:
    """Act on a message and keep it; None when it came before."""
    if not is_first(session, f"reply:{reply.id}", now):
        return None
    meaning, text = meaning_of(reply.text), reply.text[:_LONGEST]
    row = _sender(session, vault, reply, meaning, now)
    _keep(session, vault, reply, meaning, row, now)
    if meaning not in (Meaning.STOP, Meaning.HELP):
        hear_on_tickets(session, vault, _number(reply), text, now=now)
    if row is None:
        return Heard(meaning, has_effect=False)
    has_effect = True
    if meaning is Meaning.STOP:
        opt_out(session, row, Means.SMS_REPLY, now=now, words=text)
    elif meaning is Meaning.START:
        has_effect = opt_in(session, row, Means.SMS_REPLY, now=now, words=text)
    elif meaning is Meaning.UNCLEAR:
        hold(session, row, now=now)
    return Heard(meaning, row.language, has_effect)


def settle_reply(session: Session, reply_id: str, account_id: str, *, is_stop: bool, now: datetime) -> None:
    """A person has read a reply: it meant "stop", or sending goes on. Settling twice changes nothing.

    Raises:
        NotFoundError: there is no such reply.
    """
    reply = session.get(ReplyRow, reply_id, with_for_update=True)
    if reply is None:
        raise NotFoundError("There is no such reply.")
    if reply.answered_at is not None:
        return
    reply.answered_at, reply.answered_by = now, account_id
    audit.note(session, "reply.settled", Subject("reply", reply_id), after={"is_stop": is_stop}, now=now)
    row = subscription_row(session, reply.subscription_id, lock=True) if reply.subscription_id else None
    if row is None:
        return
    if is_stop:
        opt_out(session, row, Means.STAFF, now=now, account_id=account_id)
    else:
        release(session, row, account_id, now=now)


def _sender(session: Session, vault: Vault, reply: Reply, meaning: Meaning, now: datetime) -> SubscriptionRow | None:
    """The sender's subscription. A stranger who says STOP gets one that is ended, so that no list brings them in."""
    number = _number(reply)
    if not number:
        return None
    row = subscription_by_address(session, vault, Channel.SMS, number, lock=True)
    if row is None and meaning is Meaning.STOP:
        row = new_row(vault, Channel.SMS, number, source="reply", now=now)
        session.add(row)
        session.flush()
    return row


def _number(reply: Reply) -> str:
    """The sender's number in E.164; empty for what is no number, such as a short code."""
    try:
        return normal_address(Channel.SMS, reply.sender)
    except RefusedError:
        return ""


def _keep(
    session: Session, vault: Vault, reply: Reply, meaning: Meaning, row: SubscriptionRow | None, now: datetime
) -> None:
    session.add(
        ReplyRow(
            id=reply.id,
            subscription_id=key_of(row) if row else None,
            sender_cipher=vault.seal(reply.sender[:64]),
            text_cipher=vault.seal(reply.text[:_LONGEST]),
            meaning=meaning,
            received_at=now,
        )
    )
