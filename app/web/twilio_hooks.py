"""Twilio's calls: text messages from members, and what became of ours (notices.md, "SMS")."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from sqlmodel import Session
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import Response
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from app.commands.call_outs import answer_by_text
from app.commands.posting_by_text import drop_texted_draft, take_text
from app.commands.posting_numbers import poster_at
from app.commands.replies import Heard, Reply, take_reply
from app.commands.roster import people_at
from app.commands.subscribers import give_up, opt_out
from app.deliver.reconcile import record_receipt
from app.domain.audit import Actor, masked
from app.domain.audit import Means as ActorMeans
from app.domain.consent import ConsentAct, Means
from app.domain.deliveries import ReceiptStatus
from app.domain.errors import NotAllowedError, RefusedError, StaleVersionError
from app.domain.escalation import answer_of
from app.domain.stop_words import Meaning, is_bare_word, meaning_of
from app.publish.language import LANGUAGES, Language
from app.publish.sms_text import phone_text
from app.store.deliveries import DeliveryRow
from app.store.organisation import OrganisationRow, organisation_row
from app.store.replies import is_first
from app.store.subscribers import subscription_row
from app.web.auth import FOR_ANYONE
from app.web.posted import FORM
from notifiers.base import Remedy
from notifiers.twilio_codes import failure

SIGNATURE = "X-Twilio-Signature"
_LONGEST_ID = 64
_IS_NUMBER = re.compile("[0-9]{1,18}")

STATUSES: Mapping[str, ReceiptStatus] = {
    "accepted": ReceiptStatus.ACCEPTED,
    "scheduled": ReceiptStatus.ACCEPTED,
    "queued": ReceiptStatus.ACCEPTED,
    "sending": ReceiptStatus.ACCEPTED,
    "sent": ReceiptStatus.SENT,
    "delivered": ReceiptStatus.DELIVERED,
    "read": ReceiptStatus.DELIVERED,
    "undelivered": ReceiptStatus.FAILED,
    "failed": ReceiptStatus.FAILED,
    "canceled": ReceiptStatus.FAILED,
}

router = APIRouter(prefix="/twilio", dependencies=FOR_ANYONE)


async def signed_form(request: Request) -> ImmutableMultiDict[str, str]:
    """The form of a call that Twilio signed for the address it was told to call.

    Raises:
        NotAllowedError: there is no signature, it does not fit, or the body is no form.
    """
    parts = request.app.state.parts
    signatures = request.headers.getlist(SIGNATURE)
    if not parts.twilio_auth_token or len(signatures) != 1:
        raise NotAllowedError("not signed")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise NotAllowedError("not a form")
    form = _form(await request.body())
    query = f"?{request.url.query}" if request.url.query else ""
    address = f"{parts.public_url}{request.url.path}{query}"
    if not RequestValidator(parts.twilio_auth_token).validate(address, form, signatures[0]):
        raise NotAllowedError("not signed by Twilio")
    return form


SignedForm = Annotated[Any, Depends(signed_form)]


@router.post("/message")
def message(request: Request, form: SignedForm) -> Response:
    """A text message from a member; answered in TwiML, empty where Twilio has answered already."""
    parts = request.app.state.parts
    reply = Reply(_id(form, "MessageSid"), form.get("From", ""), form.get("Body", ""))
    answer = _paged(parts, reply) or _posted(parts, reply)
    if answer is not None:
        return _twiml(answer)
    with parts.database.transaction() as session:
        heard = take_reply(session, parts.vault, reply, now=parts.clock())
        organisation = organisation_row(session)
    if heard is None:
        raise NotAllowedError("this message came before")
    is_answered = parts.twilio_answers and (is_bare_word(reply.text) or "OptOutType" in form)
    return _twiml(answer_to(heard, organisation) if organisation and not is_answered else "")


def _twiml(words: str) -> Response:
    """Text these words back; none, when there are none."""
    twiml = MessagingResponse()
    if words:
        twiml.message(phone_text(words))
    return Response(str(twiml), media_type="text/xml")


def _paged(parts: Any, reply: Reply) -> str | None:
    """What to answer somebody on duty who takes a call or passes it on; None where the text is none of that."""
    answer = answer_of(reply.text)
    if answer is None:
        return None
    by = Actor(None, "Somebody on duty", ActorMeans.TEXT, masked(reply.sender))
    with parts.database.transaction(by) as session:
        people = people_at(session, parts.vault, reply.sender)
        said = answer_by_text(session, people, answer, now=parts.clock()) if people else None
        if said is not None and not is_first(session, f"reply:{reply.id}", parts.clock()):
            raise NotAllowedError("this message came before")
        return said


def _posted(parts: Any, reply: Reply) -> str | None:
    """What to answer somebody on call who publishes by text; None where the text is none of that.

    Who texts STOP is heard as anybody, and nothing of theirs waits for a YES any more.
    """
    now = parts.clock()
    with parts.database.read() as session:
        poster = poster_at(session, parts.vault, reply.sender)
    if poster is None:
        return None
    by = Actor(poster.id, poster.name, ActorMeans.TEXT, masked(reply.sender))
    try:
        with parts.database.transaction(by) as session:
            if meaning_of(reply.text) is Meaning.STOP:
                drop_texted_draft(session, poster, now=now)
                return None
            page = urlsplit(parts.public_url).netloc
            answer = take_text(session, parts.vault, poster, reply.text, page=page, now=now)
            if answer is not None and not is_first(session, f"reply:{reply.id}", now):
                raise NotAllowedError("this message came before")
            return answer
    except (RefusedError, StaleVersionError) as error:
        return str(error)


@router.post("/status")
def status(request: Request, form: SignedForm, delivery: str = "") -> Response:
    """What became of a text. These come in any order, and again: only news counts."""
    parts, now = request.app.state.parts, request.app.state.parts.clock()
    message_id, said = _id(form, "MessageSid"), form.get("MessageStatus", "")
    code = form.get("ErrorCode", "")[:10]
    if said not in STATUSES or not _IS_NUMBER.fullmatch(delivery):
        return Response(status_code=204)  # news of no interest, or of a message that no delivery stands for
    with parts.database.transaction() as session:
        if is_first(session, f"status:{message_id}:{said}", now):
            words = failure(code).message if code else ""
            record_receipt(session, int(delivery), STATUSES[said], now, provider_id=message_id, code=code, words=words)
            _heed(session, int(delivery), code, now)
    return Response(status_code=204)


def answer_to(heard: Heard, organisation: OrganisationRow) -> str:
    """What to text back: the organisation's own words where it has some, and nothing to most things."""
    if heard.meaning not in (Meaning.STOP, Meaning.START, Meaning.HELP):
        return ""
    if heard.meaning is Meaning.START and not heard.has_effect:
        return ""
    own = organisation.details.get("sms_auto_replies", {}).get(heard.meaning.value, "")
    if own and heard.language == "en":
        return str(own)
    language = Language(heard.language if heard.language in LANGUAGES else "en", ZoneInfo("UTC"))
    return _sentence(heard.meaning, language, organisation)


def _sentence(meaning: Meaning, language: Language, organisation: OrganisationRow) -> str:
    name = organisation.short_name
    if meaning is Meaning.STOP:
        return language.gettext(
            "%(name)s: you are off the list and get no more texts. Text START to return.", name=name
        )
    if meaning is Meaning.START:
        return language.gettext("%(name)s: you are back on the list. Text STOP to end, HELP for help.", name=name)
    phone = organisation.help_desk_phone
    return language.gettext("%(name)s outage notices. Help desk %(phone)s. Text STOP to end.", name=name, phone=phone)


def _heed(session: Session, delivery_id: int, code: str, now: datetime) -> None:
    """Stop sending to a number that the carrier says is dead, or has opted out with it."""
    error = failure(code)
    if error.remedy not in (Remedy.FIX_ADDRESS, Remedy.OPTED_OUT):
        return
    delivery = session.get(DeliveryRow, delivery_id)
    row = subscription_row(session, delivery.subscription_id, lock=True) if delivery else None
    if row is None:
        return
    if error.remedy is Remedy.OPTED_OUT:
        opt_out(session, row, Means.PROVIDER, now=now, words=code)
    else:
        give_up(session, row, ConsentAct.BOUNCED, now=now, words=code)


def _id(form: ImmutableMultiDict[str, str], name: str) -> str:
    found = form.get(name, "")
    if not (found.isascii() and found.isalnum() and len(found) <= _LONGEST_ID):
        raise NotAllowedError("no id")
    return found


def _form(body: bytes) -> ImmutableMultiDict[str, str]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise NotAllowedError("not a form") from None
    return ImmutableMultiDict(pairs)
