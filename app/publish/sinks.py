"""Where documents go. A sink takes a whole edition, or refuses it; a reader never sees half of one."""

from threading import Lock
from typing import Protocol

from app.publish.documents import Edition


class Sink(Protocol):
    """Takes editions. `put` is called from one thread at a time.

    Raises:
        UnavailableError: the edition could not be stored; the one before still stands.
    """

    def put(self, edition: Edition) -> None:
        """Make this edition the one that readers get, unless a newer one already is."""
        ...


class MemorySink:
    """Holds the edition that the web process serves. Reading `edition` needs no lock.

    Writing has one, because a publisher and the follower of a directory may share a process. `pulse` is
    the publisher's sign of life as it is served; see `app.publish.pulse`.
    """

    def __init__(self) -> None:
        self.edition: Edition | None = None
        self.pulse = b""
        self._writing = Lock()

    def put(self, edition: Edition) -> None:
        """Swap in one assignment; an older generation is ignored."""
        with self._writing:
            current = self.edition
            if current is None or edition.generation >= current.generation:
                self.edition = edition
