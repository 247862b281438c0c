"""Alerts of monitoring systems: POST /hooks/alerts/{key}, Alertmanager's form or a plain one (docs/alerts.md).

The key stands in the address, because Alertmanager can be told nothing else; it may do nothing but
this. An unknown key learns nothing (403); a known one is told in a sentence what is wrong.
"""

import json
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.commands.alerts import take_in_alerts
from app.commands.api_keys import known_api_key, use_api_key
from app.domain.alerts import read_alerts
from app.domain.api_keys import ApiKey, Scope
from app.domain.errors import NotAllowedError, RefusedError
from app.web.auth import FOR_ANYONE

BODY_MOST = 128_000
"""Bytes of one call."""

router = APIRouter(prefix="/alerts", dependencies=FOR_ANYONE)


async def body_of(request: Request) -> bytes:
    """What was sent."""
    return await request.body()


@router.post("/{key}")
def take_alerts(request: Request, key: str, body: Annotated[bytes, Depends(body_of)]) -> Response:
    """Take in one call: 204 when it is taken, 413, 422 or 429 with a sentence when it is not.

    Raises:
        NotAllowedError: the key is not known here, or is not one for alerts.
    """
    parts = request.app.state.parts
    known = _known(request, key)
    with parts.database.transaction() as session:
        wait = use_api_key(session, known.id, now=parts.clock())
    if wait:
        return _refusal(429, "Too many calls came by this key.", {"Retry-After": str(int(wait) + 1)})
    if len(body) > BODY_MOST:
        return _refusal(413, f"Send at most {BODY_MOST:,} bytes at a time.")
    try:
        alerts = read_alerts(json.loads(body))
    except RefusedError as error:
        return _refusal(422, str(error))
    except (ValueError, RecursionError):
        return _refusal(422, "This is not JSON.")
    with parts.database.transaction() as session:
        take_in_alerts(session, known.id, known.name, alerts, now=parts.clock(), on_suspected=parts.on_suspected)
    return Response(status_code=204)


def _known(request: Request, key: str) -> ApiKey:
    with request.app.state.parts.database.read() as session:
        found = known_api_key(session, key)
    if found is None or not found.may(Scope.ALERTS_WRITE):
        raise NotAllowedError("This key is not known here.")
    return found


def _refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": sentence}, status_code=status, headers=headers)
