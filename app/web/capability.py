"""A signed cookie that says who may post, so that it can be known while the database is away.

It is handed out with the pages of a signed-in person who may post, lasts two hours, and counts for
nothing but publishing while the database is away (`app.web.admin.without_database`). Its
signature is the installation's own; a sign-out takes it back from the browser.
"""

import base64
import json
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from app.domain.accounts import Account, Permission
from app.domain.audit import Actor, Means
from app.store.vault import Vault

LASTS = timedelta(hours=2)
_RENEWED_BEFORE = timedelta(hours=1)
_PURPOSE = "posting without the database"
_SIZE = 32


def capability_name(*, secure: bool) -> str:
    """The name of the cookie; `__Host-` where browsers come by https."""
    return "__Host-porchlight-posting" if secure else "porchlight-posting"


def hand_out(
    answer: Response, request: Request, vault: Vault, account: Account, *, now: datetime, secure: bool
) -> None:
    """Give the browser of somebody who may post a fresh capability when it has none, or soon none."""
    if not account.may(Permission.POST):
        return
    held = _read(vault, request.cookies.get(capability_name(secure=secure), ""))
    if held is not None and held[0] == account.id and held[2] - now > _RENEWED_BEFORE:
        return
    facts = json.dumps([account.id, account.name, int((now + LASTS).timestamp())])
    text = base64.urlsafe_b64encode(facts.encode()).decode()
    answer.set_cookie(
        capability_name(secure=secure),
        f"{text}.{vault.signature(_PURPOSE, text, _SIZE)}",
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def take_back(answer: Response, *, secure: bool) -> None:
    """Have the browser forget its capability."""
    answer.delete_cookie(capability_name(secure=secure), path="/", secure=secure, httponly=True, samesite="strict")


def holder(request: Request, vault: Vault, network: str, *, now: datetime, secure: bool) -> Actor | None:
    """Who may post, as their browser proves it; None when it does not, or no longer."""
    held = _read(vault, request.cookies.get(capability_name(secure=secure), ""))
    if held is None or held[2] <= now:
        return None
    return Actor(held[0], held[1], Means.CONSOLE, network)


def _read(vault: Vault, cookie: str) -> tuple[str, str, datetime] | None:
    text, _, signature = cookie.rpartition(".")
    if not text or not vault.is_signed(_PURPOSE, text, signature):
        return None
    account_id, name, until = json.loads(base64.urlsafe_b64decode(text))
    return account_id, name, datetime.fromtimestamp(until, UTC)
