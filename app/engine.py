"""The engine: durable background work, behind a port of five verbs.

`enqueue` puts work into the caller's own transaction, `schedule` runs work by the clock, `run`
starts this process's workers, `reap` takes over what a dead worker left, `stop` ends. DBOS
Transact does it on the application's own database (ADR 0001). Our rows are the truth: a job
carries names, is safe to run again, and a sweep re-enqueues whatever the rows say is owed, so
that losing every engine table loses nothing.
"""

import logging
import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig
from sqlmodel import Session

from app.domain.errors import UnavailableError
from app.domain.log_context import about
from app.store.heartbeats import beat, forget_silent, live_executors
from app.store.session import Database, lock_on_write

Job = Callable[..., object]

APPLICATION_VERSION = "1"
"""Pinned: the default, a hash of the code, strands pending work at every deploy."""

HEARTBEAT_EVERY = timedelta(seconds=3)
SILENT_AFTER = timedelta(seconds=12)

_WORKFLOW = "porchlight.job"
_SCHEDULED = "porchlight.scheduled"
_log = logging.getLogger("porchlight.engine")
_engine_log = logging.getLogger("dbos")
_engine_log.setLevel(logging.WARNING)  # its every start is no news


_running: "Engine | None" = None
"""The engine whose jobs this process performs; DBOS calls module functions, not methods."""


class Queue(StrEnum):
    """Each queue has its own worker slots, so that bulk mail cannot occupy urgent capacity."""

    URGENT = "urgent"
    BULK = "bulk"
    JOBS = "jobs"


_SLOTS = {Queue.URGENT: 8, Queue.BULK: 4, Queue.JOBS: 4}
_POLL_SECONDS = 1.0
_HURRIED_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Schedule:
    name: str
    cron: str
    job: str


class Engine:
    """One per process (DBOS allows no more). Register jobs and schedules, then `run`.

    `executor_id` is fixed on SQLite, where one process works, and unique per start on PostgreSQL.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.executor_id = "embedded" if database.is_sqlite else f"{os.getpid()}-{secrets.token_hex(4)}"
        self._jobs: dict[str, Job] = {}
        self._schedules: list[_Schedule] = []
        self._engine = lock_on_write(database.engine)
        self._client: DBOSClient | None = None
        self._stopping = threading.Event()
        self._heart: threading.Thread | None = None

    def register(self, name: str, job: Job) -> None:
        """Name a callable that takes JSON-ready arguments and may safely run twice."""
        self._jobs[name] = job

    def schedule(self, name: str, cron: str, job: str) -> None:
        """Run a registered job by the clock (cron with seconds first, UTC); all replicas share one run."""
        self._schedules.append(_Schedule(name, cron, job))

    def enqueue(
        self,
        session: Session,
        job: str,
        args: tuple[Any, ...] = (),
        *,
        key: str,
        queue: Queue = Queue.JOBS,
        priority: int | None = None,
        delay: timedelta = timedelta(0),
    ) -> None:
        """Put a job into the caller's transaction; the same `key` is never queued twice.

        It is done once `delay` has passed.
        """
        if self._client is None:
            self._client = DBOSClient(system_database_engine=self._engine)
        options: Any = {
            "workflow_name": _WORKFLOW,
            "queue_name": queue.value,
            "workflow_id": key,
            "app_version": APPLICATION_VERSION,
        }
        if priority is not None:
            options["priority"] = priority
        if delay > timedelta(0):
            options["delay_seconds"] = delay.total_seconds()
        self._client.enqueue_in_transaction(session, options, job, list(args))

    def prepare(self) -> None:
        """Create the engine's own tables; needed once before the first `enqueue`."""
        self._initialise()
        DBOS.listen_queues([])
        DBOS.launch()
        DBOS.destroy()

    def run(self) -> None:
        """Start the workers and the clock of this process; returns at once."""
        global _running
        self._initialise()
        _running = self
        DBOS.launch()
        for queue, slots in _SLOTS.items():
            DBOS.register_queue(
                queue.value,
                worker_concurrency=slots,
                polling_interval_sec=_POLL_SECONDS,
                on_conflict="always_update",
            )
        self._apply_schedules()
        self._heart = threading.Thread(target=self._beat_until_stopped, name="heartbeat", daemon=True)
        self._heart.start()

    def reap(self) -> int:
        """Resume the pending work of workers that have fallen silent; how many jobs (PostgreSQL only)."""
        if self.database.is_sqlite:
            return 0
        now = datetime.now(UTC)
        with self.database.transaction() as session:
            live = live_executors(session, now - SILENT_AFTER)
            forget_silent(session, now - timedelta(days=1))
        resumed = 0
        for queue in Queue:
            pending = DBOS.list_workflows(status="PENDING", queue_name=queue.value, load_input=False, load_output=False)
            stranded = [item.workflow_id for item in pending if item.executor_id not in live]
            if stranded:
                DBOS.resume_workflows(stranded, queue_name=queue.value)
                resumed += len(stranded)
        return resumed

    def hurry(self, *, is_busy: bool) -> None:
        """Look for work ten times a second while there is much of it; once a second costs next to nothing."""
        seconds = _HURRIED_POLL_SECONDS if is_busy else _POLL_SECONDS
        for name in (Queue.URGENT, Queue.BULK):
            queue = DBOS.retrieve_queue(name.value)
            if queue is not None and queue.polling_interval_sec != seconds:
                queue.set_polling_interval_sec(seconds)

    def queued(self, queue: Queue) -> set[str]:
        """The keys of all work in a queue that has not finished."""
        waiting = DBOS.list_workflows(
            status=["ENQUEUED", "DELAYED", "PENDING"], queue_name=queue.value, load_input=False, load_output=False
        )
        return {item.workflow_id for item in waiting}

    def forget_finished(self, before: datetime) -> int:
        """Delete finished workflows older than `before`; how many."""
        done = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            end_time=before.isoformat(),
            limit=10_000,
            load_input=False,
            load_output=False,
        )
        ids = [item.workflow_id for item in done]
        if ids:
            DBOS.delete_workflows(ids)
        return len(ids)

    def stop(self) -> None:
        """End the workers after what they are doing; at most five seconds."""
        self._stopping.set()
        DBOS.destroy(workflow_completion_timeout_sec=5)
        if self._client is not None:
            self._client.destroy()

    def perform(self, job: str, args: list[Any]) -> None:
        """Do one job now, in this thread; an unknown name is an error of the code that queued it."""
        with about(job=job):
            self._jobs[job](*args)

    def _initialise(self) -> None:
        config: DBOSConfig = {
            "name": "porchlight",
            "system_database_engine": self._engine,
            "application_version": APPLICATION_VERSION,
            "executor_id": self.executor_id,
            "log_level": "WARNING",
            "use_listen_notify": False,
            "scheduler_polling_interval_sec": _POLL_SECONDS,
        }
        DBOS(config=config)
        _engine_log.handlers.clear()  # DBOS prints to the stderr of its first start; one log for all
        _engine_log.propagate = True

    def _apply_schedules(self) -> None:
        DBOS.apply_schedules(
            [
                {"schedule_name": item.name, "workflow_fn": run_scheduled, "schedule": item.cron, "context": item.job}
                for item in self._schedules
            ]
        )

    def _beat_until_stopped(self) -> None:
        while not self._stopping.is_set():
            try:
                with self.database.transaction() as session:
                    beat(session, self.executor_id, "worker", datetime.now(UTC))
            except UnavailableError:
                _log.warning("heartbeat missed: the database is away")
            self._stopping.wait(HEARTBEAT_EVERY.total_seconds())


@DBOS.workflow(name=_WORKFLOW)
def run_job(job: str, args: list[Any]) -> None:
    """The one workflow there is: a durable call of a registered job."""
    DBOS.run_step({"name": job}, _perform, job, args)


@DBOS.workflow(name=_SCHEDULED)
def run_scheduled(due_at: datetime, job: str) -> None:
    """A job run by the clock; DBOS gives one run to all replicas."""
    DBOS.run_step({"name": job}, _perform, job, [])
    _log.debug("ran %s due at %s", job, due_at)


def _perform(job: str, args: list[Any]) -> None:
    if _running is None:
        raise RuntimeError("no engine runs in this process")
    _running.perform(job, args)
