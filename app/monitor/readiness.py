"""Whether this installation can do its work now: what `/readyz` answers and the dead-man's signal depends on.

Never what a load balancer asks: with the database away the page must go on, and does (`/healthz`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app.domain.errors import UnavailableError
from app.publish.documents import Edition
from app.store.heartbeats import live_executors
from app.store.outbox import unpublished
from app.store.publication import publication
from app.store.session import Database

WORKER_SILENCE = timedelta(seconds=30)
PUBLISHING_DELAY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Readiness:
    """One part of the work: its name, and why it cannot be done (empty when it can)."""

    name: str
    trouble: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether it can be done."""
        return not self.trouble


def readiness(database: Database, edition: Edition | None, far_trouble: str, *, now: datetime) -> list[Readiness]:
    """Every part. Never raises: what cannot be looked at is not ready.

    `edition` is what this process serves, `far_trouble` says why the newest one is not in the bucket.
    """
    try:
        with database.read() as session:
            of_rows = [Readiness("database"), _worker(session, now), _publishing(session, now), _page(session, edition)]
    except UnavailableError as error:
        of_rows = [Readiness("database", str(error))]
    return [*of_rows, Readiness("bucket", far_trouble)]


def _worker(session: Session, now: datetime) -> Readiness:
    alive = live_executors(session, now - WORKER_SILENCE)
    return Readiness("worker", "" if alive else "No worker has given a sign of life in the last 30 seconds.")


def _publishing(session: Session, now: datetime) -> Readiness:
    return Readiness("publishing", publishing_trouble(session, now))


def publishing_trouble(session: Session, now: datetime) -> str:
    """Why changes are not on the page yet; empty when they are, or have waited only a moment."""
    waiting = unpublished(session)
    if waiting and now - waiting[0].created_at > PUBLISHING_DELAY:
        return f"{len(waiting)} changes wait to be published. Is the worker running?"
    return ""


def _page(session: Session, edition: Edition | None) -> Readiness:
    """A process may lag for the moment in which it loads the new edition, never a whole generation more."""
    if edition is None:
        return Readiness("page", "This process has no edition to serve yet.")
    behind = publication(session).generation - edition.generation
    return Readiness("page", f"This process is {behind} generations behind." if behind > 1 else "")
