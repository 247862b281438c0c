"""The dead-man's signal: a call outside every minute while all is ready, so that silence raises the alarm.

Whoever listens must stand elsewhere (continuity.md): a monitor that dies with us tells nobody.
"""

import logging
from collections.abc import Callable, Sequence

import httpx

from app.monitor.readiness import Readiness

TIMEOUT = 10.0

_log = logging.getLogger("porchlight.heartbeat")


class Heartbeat:
    """Calls `url` while `examine` finds everything ready."""

    def __init__(self, url: str, examine: Callable[[], Sequence[Readiness]]) -> None:
        self._url = url
        self._examine = examine

    def beat(self) -> bool:
        """Give a sign of life, or keep silent and log why; whether somebody heard it."""
        troubles = [f"{part.name}: {part.trouble}" for part in self._examine() if not part.is_ready]
        if troubles:
            _log.warning("no sign of life is sent: %s", "; ".join(troubles))
            return False
        try:
            answer = httpx.post(self._url, timeout=TIMEOUT, follow_redirects=False, trust_env=False)
        except httpx.HTTPError as error:
            _log.warning("the sign of life did not arrive: %s", type(error).__name__)
            return False
        if not answer.is_success:
            _log.warning("the sign of life was answered with %d", answer.status_code)
        return answer.is_success
