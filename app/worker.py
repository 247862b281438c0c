"""The background side: publishes, and keeps what the clock owes. All through the engine."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.maintenance import advance_maintenances
from app.domain.errors import UnavailableError
from app.engine import Engine, Queue
from app.publish.publisher import Publisher
from app.store.outbox import last_event_id
from app.store.session import Database

PUBLISH = "publish"
ADVANCE = "advance_maintenances"
SWEEP = "sweep"
FORGET = "forget_finished"

WATCH_EVERY = timedelta(milliseconds=250)
RETRY_AFTER = timedelta(seconds=2)
KEEP_FINISHED = timedelta(days=1)

_log = logging.getLogger("porchlight.worker")


def enqueue_publishing(engine: Engine) -> Callable[[Session], None]:
    """What every transaction does before it commits: queue the publishing of what it recorded."""

    def queue(session: Session) -> None:
        if session.info.get("recorded"):
            engine.enqueue(session, PUBLISH, key=f"publish-{last_event_id(session)}", queue=Queue.URGENT)

    return queue


class Worker:
    """The jobs of one process, registered with its engine.

    The engine guarantees that they run; the watch makes them prompt: it wakes at this process's
    own commits at once, and at other processes' within a quarter of a second.
    """

    def __init__(
        self,
        database: Database,
        engine: Engine,
        publisher: Publisher,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._engine = engine
        self._publisher = publisher
        self._clock = clock
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._watch_until_stopped, name="watch", daemon=True)
        engine.register(PUBLISH, self._publish)
        engine.register(ADVANCE, self._advance)
        engine.register(SWEEP, self._sweep)
        engine.register(FORGET, self._forget)
        engine.schedule(ADVANCE, "*/10 * * * * *", ADVANCE)
        engine.schedule(SWEEP, "5 * * * * *", SWEEP)
        engine.schedule(FORGET, "0 17 9 * * *", FORGET)

    def start(self) -> None:
        """Publish once, then work until `stop`; returns when the first publication is out or has failed."""
        self._database.on_commit.append(self._wake.set)
        self._engine.run()
        self._attempt(self._publisher.publish)
        self._watch.start()

    def stop(self) -> None:
        """Finish what is being done, at most a few seconds of it."""
        self._stopping.set()
        self._wake.set()
        if self._watch.is_alive():
            self._watch.join(timeout=5)
        self._engine.stop()

    def _watch_until_stopped(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(WATCH_EVERY.total_seconds())
            self._wake.clear()
            self._attempt(self._publisher.publish_if_owed)

    def _attempt(self, publish: Callable[[], object]) -> None:
        """Publish, or say why not and leave it owed: the watch must outlive every fault."""
        try:
            publish()
        except UnavailableError as error:
            _log.warning("not published yet: %s", error)
            self._stopping.wait(RETRY_AFTER.total_seconds())
        except Exception:
            _log.exception("publishing failed")
            self._stopping.wait(RETRY_AFTER.total_seconds())

    def _publish(self) -> None:
        self._publisher.publish_if_owed()

    def _advance(self) -> None:
        with self._database.transaction() as session:
            moved = advance_maintenances(session, now=self._clock())
        if moved:
            _log.info("the clock moved planned work %d times", moved)

    def _sweep(self) -> None:
        """What the rows say is owed is done, whatever the engine has forgotten."""
        self._publisher.publish_if_owed()
        self._engine.reap()

    def _forget(self) -> None:
        self._engine.forget_finished(self._clock() - KEEP_FINISHED)
