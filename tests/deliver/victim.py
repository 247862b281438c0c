"""A worker that is to be killed: `python -m tests.deliver.victim DATABASE PROVIDER POINT COUNT`.

It sends until somebody kills it, or dies by its own hand (kill -9) when it passes POINT for the
COUNT-th time. POINT "none" never comes.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

import app.engine
from app.deliver.dispatcher import Timing
from app.domain.errors import UnavailableError
from app.store.schema import check_not_newer
from app.store.session import Database
from notifiers.base import Notice, Outcome
from tests.deliver.world import make_worker
from tests.doubles.http_notifier import HttpNotifier

POINTS = ("before_commit", "before_call", "during_call", "after_call")

TIMING = Timing(call=timedelta(seconds=2), lease=timedelta(seconds=3), ask_after=timedelta(seconds=0.5))


class Fuse:
    """Burns down with every passing of its point, and then it is over."""

    def __init__(self, point: str, count: int) -> None:
        self._point = point
        self._left = count

    def passes(self, point: str) -> bool:
        """Whether this passing is the last."""
        self._left -= point == self._point
        return self._left == 0 and point == self._point

    def pass_by(self, point: str) -> None:
        """Die here when it is time."""
        if self.passes(point):
            os.kill(os.getpid(), signal.SIGKILL)


class FusedNotifier(HttpNotifier):
    """Dies before, during or after a call."""

    fuse: Fuse

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        self.fuse.pass_by("before_call")
        if self.fuse.passes("during_call"):
            # Every message of the chunk waits at the provider in its own state when this dies.
            asyncio.get_running_loop().call_later(0.055, os.kill, os.getpid(), signal.SIGKILL)
        answers = await super().send(notices)
        self.fuse.pass_by("after_call")
        return answers


def main() -> None:
    """Work until killed."""
    app.engine.SILENT_AFTER = timedelta(seconds=2)
    app.engine.HEARTBEAT_EVERY = timedelta(seconds=0.5)
    url, provider, point, count = sys.argv[1:5]
    database = Database.open(url)
    check_not_newer(database)
    notifier = FusedNotifier("sms", provider, seconds=1.5)
    notifier.fuse = Fuse(point, int(count))
    worker = make_worker(database, {"sms": notifier}, timing=TIMING)

    def burn(_: Session) -> None:
        notifier.fuse.pass_by("before_commit")

    database.before_commit.append(burn)
    worker.start()
    while True:
        time.sleep(0.5)
        with suppress(UnavailableError, SQLAlchemyError):  # a sweep of the engine's would come again as well
            worker.sweep(timedelta(seconds=1))


if __name__ == "__main__":
    main()
