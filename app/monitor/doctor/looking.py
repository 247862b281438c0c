"""How an examination is run: all subjects at once, each in its own words, in bounded time."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from app.domain.errors import PorchlightError
from app.domain.examination import Check, Finding

PATIENCE = 15.0
"""Seconds after which a subject that has not answered is given up."""

_log = logging.getLogger("porchlight.doctor")


Look = Callable[[], Iterable[Check]]
"""Looks at one subject. What goes wrong in it is a finding too."""


def examine(subjects: Mapping[str, Look], *, patience: float = PATIENCE) -> list[Check]:
    """Look at every subject at the same time; their findings in the order of the subjects. Never raises.

    A subject that is not done after `patience` seconds fails; its thread is left behind.
    """
    found: dict[str, list[Check]] = {}
    threads = [
        threading.Thread(target=_look, args=(name, look, found), name=f"doctor {name}", daemon=True)
        for name, look in subjects.items()
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [check for name in subjects for check in found.get(name, [_silent(name, patience)])]


def _look(name: str, look: Look, found: dict[str, list[Check]]) -> None:
    try:
        found[name] = list(look())
    except PorchlightError as error:
        found[name] = [Check(name, Finding.FAIL, str(error))]
    except Exception:
        _log.exception("%s could not be looked at", name)
        found[name] = [Check(name, Finding.FAIL, "This could not be looked at.", "The log has the reason.")]


def _silent(name: str, patience: float) -> Check:
    words = f"There was no answer within {patience:.0f} seconds."
    return Check(name, Finding.FAIL, words, "Whoever is asked here is away, or a firewall drops what we say.")
