"""Heartbeats: what cannot be looked at from outside says itself that it is alive (R7, R9)."""

import hmac
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app.commands.probes import take_beat
from app.domain.errors import NotAllowedError
from app.store.vault import Vault
from app.web.auth import FOR_ANYONE

PURPOSE = "heartbeat"

CountNumber = Annotated[int, Field(ge=0, le=10**9)]

router = APIRouter(prefix="/beats", dependencies=FOR_ANYONE)


def beat_path(vault: Vault, probe_id: str) -> str:
    """Where that probe's signs of life go, below /hooks; whoever knows it may send them, and nothing else."""
    return f"/beats/{probe_id}/{vault.signature(PURPOSE, probe_id)}"


@router.post("/{probe_id}/{key}")
def beat(request: Request, probe_id: str, key: str, count: CountNumber | None = None) -> Response:
    """One sign of life; a probe that counts says how many, as `?count=132`.

    Raises:
        NotAllowedError: the key is not that probe's.
        NotFoundError: there is no such heartbeat any more, or it counts and no number came.
    """
    parts = request.app.state.parts
    expected = parts.vault.signature(PURPOSE, probe_id)
    if not hmac.compare_digest(key.encode(), expected.encode()):
        raise NotAllowedError("This key is not known here.")
    with parts.database.transaction() as session:
        take_beat(session, probe_id, count=count, now=parts.clock(), on_suspected=parts.on_suspected)
    return Response(status_code=204)
