"""`POST /api/v2/subscribers.json`: the sign-up of Statuspage's public API, for whoever built a form for it.

There is no key and no cookie, and any site may send it. What keeps it from being a nuisance is what
keeps the form from it: the address is asked before anything is sent, and the limits of a browser
that runs no script apply. The answer is the same whether the address is known here or not.
"""

import hashlib
from typing import Annotated

from fastapi import Depends, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.commands.sign_up_limits import within_limits
from app.commands.subscribers import SignUp, subscribe
from app.domain.channels import Channel
from app.domain.consent import Means
from app.domain.errors import RefusedError
from app.domain.subscribers import Choices
from app.publish.statuspage import Fields as Object
from app.publish.statuspage import moment_text
from app.web.auth import FOR_ANYONE
from app.web.manage.bodies import PostedBody
from app.web.manage.call import answer
from app.web.manage.errors import refusal, speak_json
from app.web.manage.fields import Fields
from app.web.manage.incident_requests import slugs_of
from app.web.manage.subscriber_requests import asked_address, shared_part
from app.web.security import BoundedBody
from app.web.sign_up_form import agreement
from app.web.subscribe import Call, SignUpParts, call_of

PATHS = ("/api/v2/subscribers", "/api/v2/subscribers.json")
BODY_MOST = 64_000
_BUSY_SECONDS = "3600"


def build_statuspage_sign_up(parts: SignUpParts) -> FastAPI:
    """The one address as an application of its own."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.parts = parts
    for path in PATHS:
        app.add_api_route(path, sign_up, methods=["POST"], dependencies=FOR_ANYONE)
    app.add_middleware(BoundedBody, refusal=refusal, most=BODY_MOST)
    speak_json(app)
    return app


def _call(request: Request) -> Call:
    return call_of(request)


def sign_up(call: Annotated[Call, Depends(_call)], body: PostedBody) -> Response:
    """Ask the address whether it wants notices."""
    fields = _fields(call, body)
    parts = call.parts
    channel, address = asked_address(fields, channels=parts.channels, country_codes=parts.limits.country_codes)
    choices = Choices(components=frozenset(_components(call, fields)))
    words = agreement(call.language, call.organisation)
    with parts.database.transaction() as session:
        buckets = parts.limits.of_network(call.network, did_work=False)
        buckets = {**buckets, **parts.limits.of_sending(channel, shared_part(channel, address))}
        if not within_limits(session, buckets, now=call.now):
            raise HTTPException(
                429, "Many sign-ups came from your network. Try again in an hour.", {"Retry-After": _BUSY_SECONDS}
            )
        asked = SignUp(channel, address, choices, words, call.network, means=Means.API)
        subscribe(session, parts.links.vault, asked, parts.limits, now=call.now)
    return answer({"subscriber": _subscriber(call, channel, address)}, 201)


def _fields(call: Call, body: PostedBody) -> Fields:
    given = body.get("subscriber")
    if not isinstance(given, dict):
        raise HTTPException(400, "Send an object “subscriber”, or fields like subscriber[email].")
    return Fields(given, call.organisation.zone)


def _components(call: Call, fields: Fields) -> list[str]:
    """The slugs of the components that were asked for, by id; none means every component."""
    if fields.text("incident_id"):
        raise RefusedError({"incident_id": "One cannot sign up for a single incident here; choose components instead."})
    ids = [*(fields.texts("component_id") or ()), *(fields.texts("component_ids") or ())]
    fields.refuse()
    return list(slugs_of(call.components, ids).values())


def _subscriber(call: Call, channel: Channel, address: str) -> Object:
    """What was asked for, with an id that is the same for one address and says nothing about it."""
    index = call.parts.links.vault.index(channel, address)
    return {
        "created_at": moment_text(call.now),
        "skip_confirmation_notification": False,
        "quarantined_at": None,
        "id": hashlib.sha256(f"subscriber {index}".encode()).hexdigest()[:12],
        "mode": {Channel.STATUSPAGE: "webhook"}.get(channel, channel.value),
        "purge_at": None,
        "email": address if channel is Channel.EMAIL else None,
    }
