"""A sink that stores in its own time: readers of memory and disk never wait for a far-away bucket."""

import logging
import threading

from app.domain.errors import UnavailableError
from app.publish.documents import Edition
from app.publish.sinks import Sink

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
LOOK_AGAIN = 600.0

_log = logging.getLogger("porchlight.publish")


class TrailingSink:
    """Hands the newest edition to another sink in a thread of its own, again and again until it is stored.

    Editions that were overtaken while the sink was out are never stored: only the newest counts. It
    is handed over anew every `look_again` seconds, so that the sink can mend what others did to it.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        first_wait: float = FIRST_WAIT,
        longest_wait: float = LONGEST_WAIT,
        look_again: float = LOOK_AGAIN,
    ) -> None:
        self._sink = sink
        self._look_again = look_again
        self._waits = (first_wait, longest_wait)
        self._newest: Edition | None = None
        self._stored = -1
        self._trouble = ""
        self._changed = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._store_until_closed, name="trailing-sink", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Why the newest edition is not stored yet, in words; empty when it is, or is just on its way."""
        with self._changed:
            return self._trouble

    def put(self, edition: Edition) -> None:
        """Take the edition and return at once."""
        with self._changed:
            if self._newest is None or edition.generation >= self._newest.generation:
                self._newest = edition
                self._changed.notify_all()

    def close(self, timeout: float = 10.0) -> None:
        """Give what is waiting one more chance, at most `timeout` seconds of it."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join(timeout)

    def _store_until_closed(self) -> None:
        wait = self._waits[0]
        while (edition := self._next()) is not None:
            if self._is_stored(edition):
                wait = self._waits[0]
                continue
            with self._changed:
                if self._is_closing:
                    return
                # A newer edition is no reason to ask a bucket that is out more often.
                self._changed.wait_for(lambda: self._is_closing, wait)
            wait = min(wait * 2, self._waits[1])

    def _next(self) -> Edition | None:
        with self._changed:
            while not self._changed.wait_for(lambda: self._is_closing or self._is_owed(), self._look_again):
                if self._newest is not None:
                    return self._newest
            return self._newest if self._is_owed() else None

    def _is_owed(self) -> bool:
        return self._newest is not None and self._newest.generation > self._stored

    def _is_stored(self, edition: Edition) -> bool:
        try:
            self._sink.put(edition)
        except UnavailableError as error:
            return self._failed(str(error))
        except Exception:
            _log.exception("generation %d did not reach the trailing sink", edition.generation)
            return self._failed("The documents could not be stored; the log has the reason.")
        with self._changed:
            self._stored, self._trouble = edition.generation, ""
        return True

    def _failed(self, words: str) -> bool:
        with self._changed:
            if words != self._trouble:
                _log.error("%s", words)
            self._trouble = words
        return False
