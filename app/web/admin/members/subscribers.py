"""Subscribers: how many, one by its exact address, its consent log, and the replies a person has to read.

Addresses are shown with their middle left out; whoever looks for one knows it already.
"""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.addresses import hidden, subscription_of_text
from app.commands.replies import settle_reply
from app.commands.subscriber_records import erase
from app.commands.subscribers import opt_out
from app.domain.channels import Channel
from app.domain.consent import Means
from app.domain.errors import NotFoundError, RefusedError
from app.domain.stop_words import Meaning
from app.domain.subscribers import Subscription, SubscriptionStatus
from app.store.accounts import account_rows
from app.store.consents import consents_of
from app.store.replies import replies_of, waiting_replies, waiting_reply_count
from app.store.subscribers import (
    SubscriptionRow,
    frozen_subscription,
    subscription_counts,
    subscription_row,
    subscription_rows,
)
from app.web.admin.forms import member_of
from app.web.auth import ConfirmedAdministrator, Reader, SubscriberKeeper
from app.web.posted import PostedForm, RowNumber
from app.web.visit import Visit

SUBSCRIBERS = "/admin/subscribers"
PAGE = 50

router = APIRouter(prefix=SUBSCRIBERS)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list."""

    id: int
    channel: Channel
    address: str
    status: SubscriptionStatus
    since: datetime
    is_held: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """One reply in the queue."""

    id: str
    sender: str
    text: str
    received_at: datetime
    subscription_id: int | None


@router.get("")
def subscribers(visit: Reader, status: str = "", before: RowNumber | None = None) -> Response:
    """Counts by channel, and the list, newest first."""
    return _list(visit, status=status, before=before)


@router.post("/search")
def search(visit: Reader, posted: PostedForm) -> Response:
    """Find one by its exact address, through the keyed index. A POST, so that no address stands in a log."""
    text = posted.text("address")
    try:
        found = _found(visit, text)
    except RefusedError as error:
        return _list(visit, problems=error.problems, searched=text)
    return visit.see_other(f"{SUBSCRIBERS}/{found}")


@router.get("/replies")
def replies(visit: Reader) -> Response:
    """Replies that may have meant "stop". Their senders are told nothing until somebody has read them."""
    with visit.database.read() as session:
        waiting = [
            Waiting(
                id=row.id,
                sender=hidden(Channel.SMS, visit.parts.vault.open(row.sender_cipher)),
                text=visit.parts.vault.open(row.text_cipher),
                received_at=row.received_at,
                subscription_id=row.subscription_id,
            )
            for row in waiting_replies(session)
        ]
    return visit.page("subscribers/replies.html", waiting=waiting)


@router.post("/replies/{reply_id}/decision")
def decide(visit: SubscriberKeeper, reply_id: str, posted: PostedForm) -> Response:
    """It meant "stop", or it did not and sending goes on."""
    with visit.transaction() as session:
        is_stop = posted.text("meaning") == Meaning.STOP
        settle_reply(session, reply_id, visit.account.id, is_stop=is_stop, now=visit.now)
    return visit.see_other(f"{SUBSCRIBERS}/replies?settled")


@router.get("/{subscription_id}")
def subscriber(visit: Reader, subscription_id: RowNumber) -> Response:
    """One subscription with its choices, its consent log and what it texted us."""
    vault = visit.parts.vault
    with visit.database.read() as session:
        subscription = _frozen(session, visit, subscription_id)
        log = consents_of(session, subscription_id)
        texts = [(row.received_at, vault.open(row.text_cipher)) for row in replies_of(session, subscription_id)]
        names = {account.id: account.name for account in account_rows(session)}
    return visit.page(
        "subscribers/show.html",
        subscription=subscription,
        address=hidden(subscription.channel, subscription.address),
        log=log,
        texts=texts,
        names=names,
    )


@router.post("/{subscription_id}/ending")
def end(visit: SubscriberKeeper, subscription_id: RowNumber) -> Response:
    """End it on the person's word, given to us by phone or in person."""
    with visit.transaction() as session:
        row = _row(session, subscription_id, lock=True)
        opt_out(session, row, Means.STAFF, now=visit.now, account_id=visit.account.id)
    return visit.see_other(f"{SUBSCRIBERS}/{subscription_id}?ended")


@router.post("/{subscription_id}/erasure")
def erase_person(visit: ConfirmedAdministrator, subscription_id: RowNumber, posted: PostedForm) -> Response:
    """Forget the address for good."""
    if not posted.has("sure"):
        raise RefusedError("Tick that you are sure. An erased address cannot be brought back.")
    with visit.transaction() as session:
        erase(session, _row(session, subscription_id, lock=True), now=visit.now, account_id=visit.account.id)
    return visit.see_other(f"{SUBSCRIBERS}/{subscription_id}?erased")


def _list(
    visit: Visit,
    *,
    status: str = "",
    before: RowNumber | None = None,
    problems: dict[str, str] | None = None,
    searched: str = "",
) -> Response:
    chosen = member_of(SubscriptionStatus, status)
    with visit.database.read() as session:
        rows = subscription_rows(session, status=chosen or "", before=before, most=PAGE + 1)
        listed = [_listed(row, visit) for row in rows[:PAGE]]
        counts, waiting = subscription_counts(session), waiting_reply_count(session)
    return visit.page(
        "subscribers/index.html",
        status=422 if problems else 200,
        listed=listed,
        more_before=listed[-1].id if len(rows) > PAGE else None,
        counts=counts,
        channels=[channel for channel in Channel if any(key[0] is channel for key in counts)],
        statuses=list(SubscriptionStatus),
        chosen=chosen,
        waiting=waiting,
        problems=problems or {},
        searched=searched,
    )


def _found(visit: Visit, text: str) -> int:
    with visit.database.read() as session:
        row = subscription_of_text(session, visit.parts.vault, text)
    if row is None or row.id is None:
        raise RefusedError({"address": "Nobody is subscribed with exactly this address."})
    return row.id


def _listed(row: SubscriptionRow, visit: Visit) -> Listed:
    channel = Channel(row.channel)
    return Listed(
        id=row.id or 0,
        channel=channel,
        address=hidden(channel, visit.parts.vault.open(row.address_cipher) if row.address_cipher else ""),
        status=SubscriptionStatus(row.status),
        since=row.ended_at or row.confirmed_at or row.created_at,
        is_held=row.held_at is not None,
    )


def _row(session: Session, subscription_id: RowNumber, *, lock: bool = False) -> SubscriptionRow:
    row = subscription_row(session, subscription_id, lock=lock)
    if row is None:
        raise NotFoundError("There is no such subscriber.")
    return row


def _frozen(session: Session, visit: Visit, subscription_id: RowNumber) -> Subscription:
    return frozen_subscription(session, _row(session, subscription_id), visit.parts.vault)
