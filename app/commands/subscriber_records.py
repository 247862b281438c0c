"""What an organisation does with its list: take in members with proof of consent, hand out, erase, change keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import Enum, auto
from typing import Any

from sqlmodel import Session, col, select

from app.commands import audit
from app.commands.subscribers import COPY_STAYS, begin_with, new_row, note, subject_of
from app.commands.ticket_records import exported_tickets, forget_tickets
from app.domain.audit import Subject
from app.domain.channels import Channel
from app.domain.consent import ConsentAct, Means
from app.domain.errors import RefusedError
from app.domain.events import SubscriberConfirmed, SubscriberOptedOut
from app.domain.hooks import without_secret
from app.domain.subscribers import Choices, SubscriptionStatus
from app.store.consents import ConsentRow, consents_of, forget_traces
from app.store.outbox import record
from app.store.replies import forget_replies, replies_of
from app.store.subscribers import (
    SERVICE_MANAGER,
    ConfirmationRow,
    SubscriptionRow,
    frozen_subscription,
    key_of,
    replace_wanted_components,
    subscription_by_address,
)
from app.store.vault import Vault

PROOF_MOST = 500


class Taken(Enum):
    """What became of one row of a member list."""

    CREATED = auto()
    UNCHANGED = auto()


@dataclass(frozen=True, slots=True)
class ImportedSubscriber:
    """One row of a member list.

    `address` is normalised; `proof` says how and where the person agreed, `agreed_on` when.
    """

    channel: Channel
    address: str
    choices: Choices
    proof: str
    agreed_on: date


def import_subscriber(
    session: Session, vault: Vault, member: ImportedSubscriber, *, now: datetime, account_id: str | None = None
) -> Taken:
    """Take in one member. Nothing is sent; who is here already stays as they are.

    Raises:
        RefusedError: there is no proof, the day lies ahead, or the person left after that day.
    """
    _check_proof(member, now)
    row = subscription_by_address(session, vault, member.channel, member.address, lock=True)
    if row is None:
        row = new_row(vault, member.channel, member.address, source="import", now=now)
        session.add(row)
        session.flush()
    elif row.status == SubscriptionStatus.ACTIVE:
        return Taken.UNCHANGED
    _check_not_left(row, member)
    begin_with(session, row, member.choices, now=now)
    proof = f"{member.agreed_on.isoformat()}: {member.proof.strip()}"
    note(session, row, ConsentAct.IMPORTED, Means.IMPORT, now=now, proof=proof, account_id=account_id)
    record(session, SubscriberConfirmed(key_of(row)), now)
    return Taken.CREATED


def export_person(
    session: Session, vault: Vault, row: SubscriptionRow, *, now: datetime, account_id: str | None = None
) -> dict[str, Any]:
    """Everything that is kept about one address, for whoever it belongs to; noted in the log."""
    subscription = frozen_subscription(session, row, vault)
    log = [_plain(entry) for entry in consents_of(session, key_of(row))]
    replies = [
        {"received_at": reply.received_at.isoformat(), "text": vault.open(reply.text_cipher), "meaning": reply.meaning}
        for reply in replies_of(session, key_of(row))
    ]
    tickets = exported_tickets(session, vault, vault.indexes(subscription.channel, subscription.address), now=now)
    note(session, row, ConsentAct.EXPORTED, Means.STAFF, now=now, account_id=account_id)
    audit.note(session, "subscriber.exported", subject_of(row), now=now)
    return {**_facts(subscription.address, row), "consent": log, "replies": replies, "tickets": tickets}


def note_of_list(session: Session, act: str, *, now: datetime, **counts: int) -> None:
    """Note once what was done to the whole list, which may take many transactions: "subscribers.imported"."""
    audit.note(session, act, Subject("subscribers", "list"), after=counts, now=now)


def erase(session: Session, row: SubscriptionRow, *, now: datetime, account_id: str | None = None) -> None:
    """Forget an address for good: cipher, index, replies and whatever the log holds that could name the person.

    The row itself stays, ended and nameless, so that the counts of past notices still add up.

    Raises:
        RefusedError: it is the service manager's, who is copied on everything (R23).
    """
    if row.source == SERVICE_MANAGER:
        raise RefusedError(COPY_STAYS)
    subscription_id = key_of(row)
    forget_tickets(session, [row.address_index], now=now)
    if row.status == SubscriptionStatus.ACTIVE:
        record(session, SubscriberOptedOut(subscription_id), now)
    row.address_cipher, row.address_index = b"", f"erased:{subscription_id}"
    row.status, row.ended_at, row.held_at = SubscriptionStatus.OPTED_OUT, now, None
    row.quiet_from = row.quiet_until = None
    row.outages = row.maintenance = False
    replace_wanted_components(session, subscription_id, ())
    row.all_components = True
    confirmation = session.get(ConfirmationRow, subscription_id)
    if confirmation is not None:
        session.delete(confirmation)
    forget_replies(session, [subscription_id])
    forget_traces(session, subscription_id)
    note(session, row, ConsentAct.ERASED, Means.STAFF, now=now, account_id=account_id, programmes="-")
    audit.note(session, "subscriber.erased", subject_of(row), now=now)


def export_list(session: Session, vault: Vault) -> Iterator[dict[str, Any]]:
    """Every subscription that still has an address, oldest first, one flat record each; streams."""
    wanted = select(SubscriptionRow).where(SubscriptionRow.address_cipher != b"").order_by(col(SubscriptionRow.id))
    for row in session.exec(wanted.execution_options(yield_per=500)):
        yield _facts(without_secret(vault.open(row.address_cipher))[0], row)


def change_keys(session: Session, vault: Vault, *, after: int = 0, most: int = 500) -> tuple[int, int]:
    """Bring the next rows after an id under the current key; the last id done, and how many were.

    Raises:
        UnavailableError: a row was sealed with a key that is not among those given.
    """
    wanted = select(SubscriptionRow).where(col(SubscriptionRow.id) > after, SubscriptionRow.address_cipher != b"")
    rows = list(session.exec(wanted.order_by(col(SubscriptionRow.id)).limit(most)))
    for row in rows:
        row.address_index = vault.index(Channel(row.channel), without_secret(vault.open(row.address_cipher))[0])
        row.address_cipher = vault.re_encrypted(row.address_cipher)
        for reply in replies_of(session, key_of(row)):
            reply.sender_cipher = vault.re_encrypted(reply.sender_cipher)
            reply.text_cipher = vault.re_encrypted(reply.text_cipher)
    return (key_of(rows[-1]) if rows else after), len(rows)


def _check_proof(member: ImportedSubscriber, now: datetime) -> None:
    member.choices.check()
    if not member.proof.strip():
        raise RefusedError({"consent_proof": "There is no proof that this person agreed to be told."})
    if len(member.proof) > PROOF_MOST:
        raise RefusedError({"consent_proof": f"This has {len(member.proof):,} characters; the most is {PROOF_MOST}."})
    if member.agreed_on > now.date():
        raise RefusedError({"consent_on": "This day has not come yet."})


def _check_not_left(row: SubscriptionRow, member: ImportedSubscriber) -> None:
    """Who left may come back only by agreeing again, later than they left."""
    agreed_at = datetime.combine(member.agreed_on, time(), UTC)
    if row.ended_at is not None and agreed_at <= row.ended_at:
        raise RefusedError({"address": "This person opted out, or the address failed, after the day of this consent."})


def _facts(address: str, row: SubscriptionRow) -> dict[str, Any]:
    return {
        "channel": row.channel,
        "address": address,
        "status": row.status,
        "outages": row.outages,
        "maintenance": row.maintenance,
        "language": row.language,
        "quiet_from": row.quiet_from or "",
        "quiet_until": row.quiet_until or "",
        "created_at": row.created_at.isoformat(),
        "confirmed_at": row.confirmed_at.isoformat() if row.confirmed_at else "",
        "ended_at": row.ended_at.isoformat() if row.ended_at else "",
        "source": row.source,
    }


def _plain(entry: ConsentRow) -> dict[str, str]:
    return {
        "at": entry.at.isoformat(),
        "act": entry.act,
        "means": entry.means,
        "programmes": entry.programmes,
        "words": entry.words,
        "proof": entry.proof,
        "network": entry.network,
    }
