"""What became of our mail: events of SES that come through SNS (notices.md, "Email")."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from app.commands.addresses import normal_address
from app.commands.subscribers import give_up
from app.deliver.reconcile import record_receipt
from app.domain.channels import Channel
from app.domain.consent import ConsentAct
from app.domain.deliveries import COUNT_BOUNCES_FOR, MOST_PASSING_BOUNCES, ReceiptStatus
from app.domain.errors import NotAllowedError, RefusedError, UnavailableError
from app.store.deliveries import PASSING_BOUNCE, passing_bounces
from app.store.replies import is_first
from app.store.subscribers import SubscriptionRow, key_of, subscription_by_address
from app.store.vault import Vault
from app.web.auth import FOR_ANYONE
from app.web.sns import CONFIRMATION, SnsMessages, is_amazons, region_of

DELIVERY_TAG = "delivery"
"""The tag that the email channel puts on each message, with our delivery's id."""

STATUSES: Mapping[str, ReceiptStatus] = {
    "Send": ReceiptStatus.SENT,
    "Delivery": ReceiptStatus.DELIVERED,
    "Bounce": ReceiptStatus.FAILED,
    "Reject": ReceiptStatus.FAILED,
    "Rendering Failure": ReceiptStatus.FAILED,
}

router = APIRouter(prefix="/ses", dependencies=FOR_ANYONE)


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post("")
def event(request: Request, body: Annotated[bytes, Depends(_body)]) -> Response:
    """One message of SNS: an event about a mail, or the question whether we want them."""
    parts, now = request.app.state.parts, request.app.state.parts.clock()
    sns: SnsMessages = request.app.state.sns
    fields = sns.read(body, now)
    if fields["Type"] == CONFIRMATION:
        _confirm(fields, parts.fetch)
        return Response(status_code=204)
    with parts.database.transaction() as session:
        if is_first(session, f"sns:{fields.get('MessageId', '')[:64]}", now):
            _take(session, parts.vault, _event(fields), now)
    return Response(status_code=204)


def _confirm(fields: Mapping[str, str], fetch: Any) -> None:
    address = fields.get("SubscribeURL", "")
    if not is_amazons(address, region_of(fields["TopicArn"])):
        raise NotAllowedError("not an address of Amazon's")
    try:
        fetch(address)
    except (httpx.HTTPError, OSError):
        raise UnavailableError("Amazon did not answer.") from None


def _event(fields: Mapping[str, str]) -> dict[str, Any]:
    """The event that a message carries; empty when it is none, such as SES's own greeting."""
    try:
        event = json.loads(fields.get("Message", ""))
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _take(session: Session, vault: Vault, event: dict[str, Any], now: datetime) -> None:
    kind, mail = str(event.get("eventType", "")), _part(event, "mail")
    for delivery_id in _deliveries(mail):
        if kind in STATUSES:
            message_id = str(mail.get("messageId", ""))[:100]
            code, words = _why(event)
            status = STATUSES[kind]
            record_receipt(session, delivery_id, status, now, provider_id=message_id, code=code, words=words)
    for address, act in _lost(event):
        row = subscription_by_address(session, vault, Channel.EMAIL, address, lock=True)
        if row is not None and (act is not None or _bounces_too_often(session, row, now)):
            give_up(session, row, act or ConsentAct.BOUNCED, now=now, words=_why(event)[1])


def _bounces_too_often(session: Session, row: SubscriptionRow, now: datetime) -> bool:
    return passing_bounces(session, key_of(row), now - COUNT_BOUNCES_FOR) >= MOST_PASSING_BOUNCES


def _deliveries(mail: Mapping[str, Any]) -> Iterator[int]:
    values = _part(mail, "tags").get(DELIVERY_TAG, [])
    for value in values if isinstance(values, list) else []:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
            yield int(value)


def _lost(event: Mapping[str, Any]) -> Iterator[tuple[str, ConsentAct | None]]:
    """Addresses that must not be written to again: bounced for good, or their owners complained.

    With None those that bounced for a while, which must not happen too often.
    """
    bounce, complaint = _part(event, "bounce"), _part(event, "complaint")
    if event.get("eventType") == "Bounce":
        act = None if bounce.get("bounceType") == PASSING_BOUNCE else ConsentAct.BOUNCED
        known = bounce.get("bounceType") in ("Permanent", PASSING_BOUNCE)
        yield from ((address, act) for address in _recipients(bounce.get("bouncedRecipients") if known else None))
    if event.get("eventType") == "Complaint" and complaint.get("complaintFeedbackType") != "not-spam":
        yield from ((address, ConsentAct.COMPLAINED) for address in _recipients(complaint.get("complainedRecipients")))


def _recipients(listed: object) -> Iterator[str]:
    for item in listed if isinstance(listed, list) else []:
        try:
            yield normal_address(Channel.EMAIL, str(item["emailAddress"]))
        except (RefusedError, KeyError, TypeError):
            continue


def _why(event: Mapping[str, Any]) -> tuple[str, str]:
    """A short code and the words of the receiving side, where there are any."""
    bounce = _part(event, "bounce")
    kinds = [str(bounce[name]) for name in ("bounceType", "bounceSubType") if name in bounce]
    listed = bounce.get("bouncedRecipients")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    return " ".join(kinds)[:60], str(first.get("diagnosticCode", ""))[:300]


def _part(event: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = event.get(name)
    return part if isinstance(part, dict) else {}
