"""Browsers in which somebody signed in before, so that strangers who fail on purpose shut out only strangers.

The cookie proves nothing about who is asking; it only says in which count a failure is written
(OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

import secrets
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import UnavailableError
from app.store.vault import Vault
from app.web.visit import Parts, parts_of

REMEMBERED_FOR = timedelta(days=180)
_MOST = 5
"""People who share one browser; the one who signed in longest ago is forgotten first."""


def device_of(request: Request, account_id: str) -> str:
    """The random name of this browser, if that person signed in here before; otherwise empty."""
    return dict(_known(request)).get(account_id, "") if account_id else ""


def remember_device(request: Request, answer: Response, account_id: str) -> None:
    """Have the browser remember that this person signed in here."""
    parts = parts_of(request)
    known = [pair for pair in _known(request) if pair[0] != account_id]
    kept = [*known, (account_id, secrets.token_urlsafe(12))][-_MOST:]
    answer.set_cookie(
        _cookie_name(parts),
        _sealed(parts.vault, kept),
        max_age=int(REMEMBERED_FOR.total_seconds()),
        path="/",
        secure=parts.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def _cookie_name(parts: Parts) -> str:
    return "__Host-porchlight-device" if parts.secure_cookies else "porchlight-device"


def _sealed(vault: Vault, pairs: list[tuple[str, str]]) -> str:
    return vault.seal("devices " + " ".join(f"{account_id}:{name}" for account_id, name in pairs)).decode()


def _known(request: Request) -> list[tuple[str, str]]:
    parts = parts_of(request)
    sealed = request.cookies.get(_cookie_name(parts), "")
    try:
        seconds = int(REMEMBERED_FOR.total_seconds())
        kind, _, pairs = parts.vault.open(sealed.encode(), seconds=seconds).partition(" ")
    except UnavailableError:
        return []
    if kind != "devices":
        return []
    return [(account_id, name) for account_id, _, name in (pair.partition(":") for pair in pairs.split())]
