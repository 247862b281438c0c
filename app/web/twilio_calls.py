"""What Twilio tells of calls to people on duty: the key they pressed, and how the call ended (R15).

The page stands in the address that Twilio signed. A key counts once, however often it is brought.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response
from twilio.twiml.voice_response import Gather, VoiceResponse

from app.commands.call_outs import answer_page, note_call
from app.domain.audit import Actor, Means
from app.domain.escalation import answer_of
from app.publish.documents import TWIML
from app.web.auth import FOR_ANYONE
from app.web.twilio_hooks import SignedForm

router = APIRouter(prefix="/twilio/calls", dependencies=FOR_ANYONE)

PageId = Annotated[str, Query(max_length=20)]

BY_TELEPHONE = Actor(None, "Somebody on duty", Means.PROVIDER)
"""Who acts in the audit log: which person it was stands in the entry itself."""


@router.post("/answer")
def key_pressed(request: Request, form: SignedForm, page: PageId = "") -> Response:
    """Take it or pass it on, and say what came of it; any other key is asked again."""
    parts = request.app.state.parts
    answer = answer_of(form.get("Digits", ""))
    if answer is None:
        return _twiml(
            "Press 1 to take it. Press 2 to pass it on.", f"{parts.public_url}{request.url.path}?{request.url.query}"
        )
    with parts.database.transaction(BY_TELEPHONE) as session:
        return _twiml(answer_page(session, page, answer, "by telephone", now=parts.clock()))


@router.post("/status")
def call_ended(request: Request, form: SignedForm, page: PageId = "") -> Response:
    """How a call ended, for the log of pages; it changes nobody's turn."""
    parts = request.app.state.parts
    with parts.database.transaction(BY_TELEPHONE) as session:
        note_call(session, page, form.get("CallStatus", ""))
    return Response(status_code=204)


def _twiml(words: str, again: str = "") -> Response:
    """Say these words, once more listening for a key where `again` is the address to bring it to."""
    response = VoiceResponse()
    if again:
        gather = Gather(num_digits=1, action=again, method="POST", timeout=8)
        gather.say(words, language="en-US")
        response.append(gather)
    else:
        response.say(words, language="en-US")
    response.hangup()
    return Response(str(response), media_type=TWIML)
