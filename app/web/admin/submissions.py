"""Forms that publish: whoever presses twice publishes once."""

from collections.abc import Callable

from sqlmodel import Session

from app.domain.errors import RefusedError
from app.store.submissions import once
from app.web.posted import Posted
from app.web.visit import Visit

_KEY_LEAST, _KEY_MOST = 8, 64


def publish_once(visit: Visit, posted: Posted, act: Callable[[Session], str]) -> str:
    """Do `act` in one transaction and return the path it gives, or gave when this form came before.

    Raises:
        RefusedError: the form lost its key on the way, or came before with other words.
    """
    key = posted.text("key")
    if not _KEY_LEAST <= len(key) <= _KEY_MOST:
        raise RefusedError("A part of this form was missing. It is complete now; publish again.")
    return once(visit.database, visit.account.id, key, posted.digest, act, by=visit.actor, now=visit.now)
