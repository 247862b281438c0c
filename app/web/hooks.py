"""What providers tell us: an application of its own, without cookies or pages.

Every call proves itself by a signature over the *configured* public address; what does not is
answered 403 and nothing else. A call that was believed once is not believed again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.commands.suspicions import OnSuspected, tell_nobody
from app.domain.announcements import LinkTextLimits
from app.domain.errors import PorchlightError, UnavailableError
from app.publish.documents import Edition
from app.store.session import Database
from app.store.vault import Vault
from app.web import alerts, beats, ses_hooks, twilio_calls, twilio_hooks, twilio_voice
from app.web.security import BoundedBody
from app.web.sns import Fetch, SnsMessages, fetch_from_amazon

PATH = "/hooks"
BODY_MOST = 300_000
"""Bytes: SNS sends at most 256 KiB."""


@dataclass(frozen=True, slots=True)
class HookParts:
    """What the hooks work with, handed in by the composition root.

    Without `twilio_auth_token` or `topics` nothing of that provider's is believed.
    `twilio_answers` says that Twilio's own opt-out handling is on, so that it answers STOP, START
    and HELP itself and nobody is answered twice. `edition` gives what the page shows now, which
    callers are told; `can_text` that they may ask for the links, within `link_texts`, from
    `text_from` or the number they called. `on_suspected` hears of every new suspicion.
    """

    database: Database
    vault: Vault
    public_url: str
    twilio_auth_token: str = ""
    twilio_answers: bool = True
    topics: frozenset[str] = frozenset()
    fetch: Fetch = fetch_from_amazon
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    edition: Callable[[], Edition | None] = lambda: None
    can_text: bool = True
    text_from: str = ""
    link_texts: LinkTextLimits = field(default=LinkTextLimits())
    on_suspected: OnSuspected = tell_nobody


def build_hooks(parts: HookParts) -> FastAPI:
    """The hooks as an application of its own, for everything below /hooks."""
    app = FastAPI(title="Porchlight hooks", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.parts = parts
    app.state.sns = SnsMessages(parts.topics, parts.fetch)
    app.include_router(twilio_hooks.router, prefix=PATH)
    app.include_router(twilio_voice.router, prefix=PATH)
    app.include_router(twilio_calls.router, prefix=PATH)
    app.include_router(ses_hooks.router, prefix=PATH)
    app.include_router(beats.router, prefix=PATH)
    app.include_router(alerts.router, prefix=PATH)
    app.add_middleware(BoundedBody, refusal=lambda _request, _status, _words: Response(status_code=403), most=BODY_MOST)
    app.add_exception_handler(PorchlightError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _malformed)
    return app


async def _refused(_request: Request, error: Exception) -> Response:
    """403, or 503 when the database is away, which makes the provider call again."""
    return Response(status_code=503 if isinstance(error, UnavailableError) else 403)


async def _http_error(_request: Request, error: Exception) -> Response:
    known = (404, 405)
    return Response(status_code=error.status_code if getattr(error, "status_code", 0) in known else 403)  # type: ignore[attr-defined]


async def _malformed(_request: Request, _error: Exception) -> Response:
    return Response(status_code=403)
