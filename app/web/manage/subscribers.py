"""Subscribers: list, add, look at, end. Whatever a program asks for, the address itself has to confirm.

Reading takes the same scope as writing, because what is read are people's addresses.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.commands.addresses import normal_address, number_parts, told_apart
from app.commands.sign_up_limits import within_limits
from app.commands.subscribers import SignUp, opt_out, subscribe, unpacked
from app.domain.channels import Channel
from app.domain.consent import Means
from app.domain.errors import NotFoundError, RefusedError
from app.domain.hooks import without_secret
from app.domain.subscribers import Choices, Subscription, SubscriptionStatus
from app.publish.statuspage import Fields as Object
from app.publish.statuspage import maybe_moment, moment_text
from app.store.components import live_components
from app.store.subscribers import (
    ConfirmationRow,
    SubscriptionRow,
    frozen_subscription,
    subscription_by_address,
    subscription_counts,
    subscription_row,
    subscriptions_listed,
)
from app.web.manage.bodies import PostedBody
from app.web.manage.call import PAGE_MOST, Call, Keeper, answer
from app.web.manage.description import gives, takes
from app.web.manage.incident_requests import slugs_of
from app.web.manage.subscriber_requests import asked_address, shared_part

SUBSCRIBERS = "/pages/{page_id}/subscribers"
SUBSCRIBER = SUBSCRIBERS + "/{subscriber_id}"
BUSY_SECONDS = "3600"
ID_LENGTH = 12
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAGES_MOST = 1_000_000

_STATES = {
    "active": SubscriptionStatus.ACTIVE,
    "unconfirmed": SubscriptionStatus.PENDING,
    "pending": SubscriptionStatus.PENDING,
    "quarantined": SubscriptionStatus.BOUNCED,
    "opted_out": SubscriptionStatus.OPTED_OUT,
    "all": None,
}

router = APIRouter(tags=["subscribers"])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which subscribers were asked for. Unlike elsewhere pages start at 0, as in Statuspage's API."""

    channel: Channel | None
    status: SubscriptionStatus | None
    address: str
    skip: int
    most: int


def wanted(type: str = "", state: str = "active", q: str = "", limit: int = PAGE_MOST, page: int = 0) -> Wanted:
    """`type` is a channel; `state` active, unconfirmed, quarantined, opted_out or all; `q` a whole address.

    Raises:
        RefusedError: a type or state that is none.
    """
    channel = next((channel for channel in Channel if channel.value == type), None)
    problems = {"type": f"This is not one of: {', '.join(Channel)}."} if type and channel is None else {}
    if state not in _STATES:
        problems["state"] = f"This is not one of: {', '.join(_STATES)}."
    if problems:
        raise RefusedError(problems)
    most = min(max(limit, 1), PAGE_MOST)
    return Wanted(channel, _STATES[state], q.strip(), min(max(page, 0), _PAGES_MOST) * most, most)


@router.get(SUBSCRIBERS, responses=gives("Subscriber", is_list=True))
def list_subscribers(call: Keeper, asked: Annotated[Wanted, Depends(wanted)]) -> Response:
    """Subscribers, newest first, a hundred to a page; `q` finds one by its whole address."""
    with call.parts.database.read() as session:
        return answer([_object(session, call, row) for row in _found(session, call, asked)])


@router.get(SUBSCRIBERS + "/count", responses=gives("SubscriberCount"))
def count_subscribers(call: Keeper) -> Response:
    """How many are active, by channel."""
    with call.parts.database.read() as session:
        counts = subscription_counts(session)
    return answer({channel.value: counts.get((channel, SubscriptionStatus.ACTIVE), 0) for channel in Channel})


@router.post(SUBSCRIBERS, status_code=201, responses=gives("Subscriber", 201), openapi_extra=takes("subscriber"))
def add_subscriber(call: Keeper, body: PostedBody) -> Response:
    """Ask an address whether it wants notices. Nobody is sent any before having said yes."""
    fields = call.fields(body, "subscriber")
    parts = call.parts
    channel, address = asked_address(fields, channels=parts.channels, country_codes=parts.limits.country_codes)
    ids = fields.texts("component_ids")
    fields.refuse()
    with call.transaction() as session:
        slugs = slugs_of(live_components(session), ids or ()).values()
        _check_limits(session, call, channel, address)
        sign_up = SignUp(
            channel, address, Choices(components=frozenset(slugs)), _words(call), call.network, means=Means.API
        )
        subscription_id = subscribe(session, parts.links.vault, sign_up, parts.limits, now=call.now)
    return _one(call, subscription_id, 201)


@router.get(SUBSCRIBER, responses=gives("Subscriber"))
def get_subscriber(call: Keeper, subscriber_id: str) -> Response:
    """One subscriber, whatever became of it."""
    return _one(call, read_id(subscriber_id))


@router.delete(SUBSCRIBER, responses=gives("Subscriber"))
def end_subscription(call: Keeper, subscriber_id: str) -> Response:
    """End a subscription. The consent log keeps that there was one."""
    with call.transaction() as session:
        row = _row(session, read_id(subscriber_id), lock=True)
        opt_out(session, row, Means.API, now=call.now, words=_words(call))
        session.flush()
        gone = _object(session, call, row)
    return answer(gone)


def shown_id(subscription_id: int) -> str:
    """A subscription's number as the twelve signs that clients expect of an id."""
    signs = ""
    while subscription_id:
        subscription_id, digit = divmod(subscription_id, 36)
        signs = _DIGITS[digit] + signs
    return signs.rjust(ID_LENGTH, "0")


def read_id(text: str) -> int:
    """The number again.

    Raises:
        NotFoundError: it is no such id.
    """
    if len(text) != ID_LENGTH or not set(text) <= set(_DIGITS):
        raise NotFoundError("There is no such subscriber.")
    return int(text, 36)


def _found(session: Session, call: Call, asked: Wanted) -> list[SubscriptionRow]:
    if not asked.address:
        return subscriptions_listed(
            session, channel=asked.channel, status=asked.status, skip=asked.skip, most=asked.most
        )
    channel = asked.channel or told_apart(asked.address)
    try:
        address = normal_address(channel, asked.address)
    except RefusedError:
        return []
    row = subscription_by_address(session, call.parts.links.vault, channel, address)
    return [row] if row and asked.skip == 0 and asked.status in (None, row.status) else []


def _check_limits(session: Session, call: Call, channel: Channel, address: str) -> None:
    """Count the sign-up beside those of the form, so that no key pumps what the form may not.

    Raises:
        HTTPException: 429 too many came.
    """
    if not within_limits(session, call.parts.limits.of_sending(channel, shared_part(channel, address)), now=call.now):
        raise HTTPException(
            429, "Too many sign-ups at the moment. Try again in an hour.", {"Retry-After": BUSY_SECONDS}
        )


def _words(call: Call) -> str:
    return f"By the program “{call.key.name}”, through the API."


def _one(call: Call, subscription_id: int, status: int = 200) -> Response:
    with call.parts.database.read() as session:
        return answer(_object(session, call, _row(session, subscription_id)), status)


def _row(session: Session, subscription_id: int, *, lock: bool = False) -> SubscriptionRow:
    row = subscription_row(session, subscription_id, lock=lock) if subscription_id < 2**63 else None
    if row is None or not row.address_cipher:
        raise NotFoundError("There is no such subscriber.")
    return row


def _object(session: Session, call: Call, row: SubscriptionRow) -> Object:
    found = frozen_subscription(session, row, call.parts.links.vault)
    ids = {item.slug: item.id for item in live_components(session)}
    wanted = _asked_for(session, row) or found.choices
    return {
        "id": shown_id(found.id),
        "mode": "webhook" if found.channel.is_program else found.channel.value,
        **_addresses(found),
        "state": found.status.value,
        "components": sorted(ids[slug] for slug in wanted.components if slug in ids),
        "page_id": call.organisation.id,
        "skip_confirmation_notification": False,
        "created_at": moment_text(found.created_at),
        "quarantined_at": maybe_moment(found.ended_at if found.status is SubscriptionStatus.BOUNCED else None),
        "purge_at": None,
    }


def _asked_for(session: Session, row: SubscriptionRow) -> Choices | None:
    """What a sign-up that nobody has confirmed yet will begin with."""
    if row.status != SubscriptionStatus.PENDING:
        return None
    confirmation = session.get(ConfirmationRow, row.id)
    return unpacked(confirmation.choices) if confirmation else None


def _addresses(found: Subscription) -> Object:
    """The address under the name that its channel has for it."""
    fields: Object = dict.fromkeys(("email", "endpoint", "phone_number", "phone_country", "display_phone_number"))
    if found.channel is Channel.EMAIL:
        fields["email"] = found.address
    elif found.channel is Channel.SMS:
        fields["phone_country"], fields["phone_number"], fields["display_phone_number"] = number_parts(found.address)
    else:
        fields["endpoint"] = without_secret(found.address)[0]
    return fields
