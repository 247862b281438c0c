"""Twilio asks what to say to a caller, and which key they pressed (notices.md, "Phone").

    no key, 0, or any key that means nothing ──▶ the announcement
    2, 3, 4 ───────────────────────────────────▶ a group of the menu that the caller was read
    9 ─────────────────────────────────────────▶ the announcement in the next language
    1 ─────────────────────────────────────────▶ the links by text, or the address where that cannot be
    an announcement that has expired, or none ─▶ "call back or see the page", whatever the key

All but the text comes from the edition in memory, so that the line answers with the database away.
"""

import logging
import re
from datetime import datetime
from typing import Annotated, Any

from anyio import move_on_after, to_thread
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app.commands.links_by_text import take_link_text
from app.domain.errors import NotAllowedError, UnavailableError
from app.publish import voice
from app.publish.addresses import in_language
from app.publish.documents import TWIML, Edition
from app.publish.language import LANGUAGES
from app.web.auth import FOR_ANYONE
from app.web.twilio_hooks import SignedForm

COUNTING_MOST = 3.0
"""Seconds a caller waits for the database before the address is said instead; Twilio itself waits fifteen."""

_CALL_ID = re.compile("[A-Za-z0-9]{1,64}")
_log = logging.getLogger(__name__)

router = APIRouter(prefix="/twilio", dependencies=FOR_ANYONE)


@router.post("/voice")
async def answer(
    request: Request,
    form: SignedForm,
    language: Annotated[str, Query(max_length=8)] = "en",
    other: Annotated[str, Query(max_length=8)] = "",
    menu: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """What to say to the caller. Language and menu stand in the address that Twilio signed."""
    parts, edition = request.app.state.parts, request.app.state.parts.edition()
    key = form.get("Digits", "")
    code = _spoken(edition, other if key == voice.KEY_OTHER_LANGUAGE and other else language)
    if edition is None or has_expired(edition, code, parts.clock()):
        return _twiml(_away(parts, edition, code))
    if key == voice.KEY_LINKS:
        return _twiml(await _links(parts, edition, form, code))
    return _twiml(_chosen(edition, key, menu.split(","), code))


def has_expired(edition: Edition, code: str, now: datetime) -> bool:
    """Whether the announcement of this edition is too old to play, or missing."""
    document = edition.documents.get(in_language(voice.ANNOUNCEMENT, code))
    expires = voice.expiry_of(document.body) if document else None
    return expires is None or now > expires


def _spoken(edition: Edition | None, wanted: str) -> str:
    """That language where the line speaks it, otherwise the first that it does."""
    known = [code for code in LANGUAGES if edition and in_language(voice.ANNOUNCEMENT, code) in edition.documents]
    return wanted if wanted in (known or LANGUAGES) else (known or LANGUAGES)[0]


def _chosen(edition: Edition, key: str, groups: list[str], code: str) -> bytes:
    """The words for that key; for one that means nothing, or a group that works again, the announcement."""
    place = int(key) - voice.FIRST_GROUP_KEY if key.isascii() and key.isdigit() and len(key) == 1 else -1
    if 0 <= place < len(groups):
        found = edition.documents.get(in_language(voice.group_path(groups[place]), code))
        if found is not None:
            return found.body
    return edition.documents[in_language(voice.ANNOUNCEMENT, code)].body


def _away(parts: Any, edition: Edition | None, code: str) -> bytes:
    """The words of the edition, which know the help desk's number; without one, the page's address alone."""
    document = edition.documents.get(in_language(voice.AWAY, code)) if edition else None
    return document.body if document else voice.away(None, parts.public_url, code)


async def _links(parts: Any, edition: Edition, form: Any, code: str) -> bytes:
    """The text itself travels in the answer, so that no worker is needed; only the counting asks the database."""
    text = edition.documents.get(in_language(voice.LINKS, code))
    call_id, caller = form.get("CallSid", ""), form.get("From", "")[:64]
    if not _CALL_ID.fullmatch(call_id):
        raise NotAllowedError("no id")
    number: str | None = None
    if text is not None and parts.can_text:
        with move_on_after(COUNTING_MOST):
            number = await to_thread.run_sync(_counted, parts, caller, call_id, abandon_on_cancel=True)
    if text is None or number is None:
        return voice.not_texted(parts.public_url, code)
    return voice.texted(text.body.decode(), number, parts.text_from, code)


def _counted(parts: Any, caller: str, call_id: str) -> str | None:
    try:
        with parts.database.transaction() as session:
            return take_link_text(session, parts.vault, caller, call_id, parts.link_texts, now=parts.clock())
    except UnavailableError as error:
        _log.warning("a caller was told the address instead of a text: %s", error)
        return None


def _twiml(document: bytes) -> Response:
    return Response(document, media_type=TWIML)
