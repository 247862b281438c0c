"""The proof of work in front of the sign-up form, and the wait for browsers that run no script.

ALTCHA (version 2), made and checked here: no third party learns who signs up. A solution costs a
phone about a second and counts once. Without script nothing can be computed, so those browsers
wait instead: the form carries the sealed moment at which it was opened, is taken once some seconds
have passed, and counts once too. That is slower for a flood, and only a pause for a person.
"""

import base64
import binascii
import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from altcha import create_challenge, verify_solution
from sqlmodel import Session

from app.domain.errors import UnavailableError
from app.store.replies import is_first
from app.store.vault import Vault

ALGORITHM = "PBKDF2/SHA-256"
COST = 2_000
LEAST_KEYS, MOST_KEYS = 100, 300
"""How many keys a browser tries, of COST rounds each: bounded, so that no phone is unlucky."""

LASTS = timedelta(minutes=30)
FORM_LASTS = timedelta(hours=6)
_LONGEST = 4_000


def new_challenge(vault: Vault, now: datetime) -> dict[str, Any]:
    """A challenge as JSON for the browser."""
    challenge = create_challenge(
        ALGORITHM,
        COST,
        counter=LEAST_KEYS + secrets.randbelow(MOST_KEYS - LEAST_KEYS),
        expires_at=now + LASTS,
        hmac_secret=_secret(vault),
        hmac_key_secret=_secret(vault),
    )
    return dict(challenge.to_dict())


def is_solved(session: Session, vault: Vault, payload: str, *, now: datetime) -> bool:
    """Whether this is the solution of a challenge of ours, in time, and for the first time."""
    signature = _signature(payload)
    if signature is None or not verify_solution(payload, _secret(vault), hmac_key_secret=_secret(vault)).verified:
        return False
    return is_first(session, f"challenge:{signature}", now)


def opened(vault: Vault, now: datetime) -> str:
    """What the form carries so that it can prove when it was opened."""
    return vault.seal(now.isoformat()).decode()


def waited(vault: Vault, seal: str, *, now: datetime) -> timedelta | None:
    """How long ago the form was opened; None when it does not say, or too long ago."""
    try:
        moment = datetime.fromisoformat(vault.open(seal[:_LONGEST].encode()))
    except (UnavailableError, ValueError):
        return None
    return now - moment if now - moment < FORM_LASTS else None


def is_first_use(session: Session, seal: str, *, now: datetime) -> bool:
    """Whether this form is sent for the first time."""
    return is_first(session, f"form:{hashlib.sha256(seal.encode()).hexdigest()}", now)


def _secret(vault: Vault) -> str:
    return vault.signature("challenge", "altcha", size=32)


def _signature(payload: str) -> str | None:
    """The signature of the challenge that a payload claims to solve; it names the challenge."""
    if len(payload) > _LONGEST:
        return None
    try:
        signature = json.loads(base64.b64decode(payload, validate=True))["challenge"]["signature"]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return None
    return signature if isinstance(signature, str) and len(signature) == 64 else None
