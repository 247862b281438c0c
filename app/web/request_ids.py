"""A name for every request that reaches the application, in its log lines and in its answer."""

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.log_context import about

HEADER = "x-request-id"
_INCIDENT = re.compile("/incidents/([0-9a-z-]{4,40})(?:/|$)")


class RequestIds:
    """Names requests, and notes the incident that the address speaks of. Whatever name a client sends is ignored."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on under its name."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with about(request=request_id, **_incident(scope["path"])):
            await self._app(scope, receive, send_named)


def _incident(path: str) -> dict[str, str]:
    found = _INCIDENT.search(path)
    return {"incident": found[1]} if found and found[1] != "new" else {}
