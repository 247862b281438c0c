"""From one notice to a delivery for everybody whom it concerns."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from app.domain.channels import Channel, Programme
from app.domain.notices import PAGE_FIRST
from app.store.components import ComponentRow
from app.store.deliveries import leases_of, write_batches, write_deliveries
from app.store.notices import NoticeRow, notice_row, older_notices, supersede
from app.store.outbox import is_published
from app.store.rates import database_now
from app.store.session import Database

EnqueueBatch = Callable[[Session, int, int, str, timedelta], None]
"""Puts the sending of a batch into the caller's transaction: batch, run, priority, not before."""

_LOOK_EVERY = 0.05
_LANDING = timedelta(seconds=45)
"""No delivery stays in hand for longer: afterwards it is looked for, never simply sent."""


class FanOut:
    """Turns notices into deliveries, once each. Safe to run twice and from several workers."""

    def __init__(self, database: Database, enqueue: EnqueueBatch) -> None:
        self._database = database
        self._enqueue = enqueue

    def run(self, notice_id: int) -> int:
        """Write the deliveries of a notice and queue them; how many, 0 when that was done.

        Those of a notice that was taken back end as recalled: the record shows whom it spared.

        Waits until the page says it too, two seconds at most, so that no text links to a page that
        does not know; and until what was under way of older words on the same matter has landed,
        so that "it is down" never comes after "it is working".

        Raises:
            UnavailableError: the database is away; nothing was kept.
        """
        older = self._announce(notice_id)
        if older is None:
            return 0
        self._wait_for_landing(older)
        with self._database.transaction() as session:
            notice = notice_row(session, notice_id, lock=True)
            if notice is None or notice.fanned_out_at:
                return 0
            return self._write(session, notice)

    def _announce(self, notice_id: int) -> list[int] | None:
        """Wait for the page, then end what is left of older notices; their numbers."""
        with self._database.read() as session:
            notice = notice_row(session, notice_id)
        if notice is None or notice.fanned_out_at:
            return None
        if notice.recalled_at:
            return []
        self._wait_for_page(notice.event_id)
        with self._database.transaction() as session:
            older = list(older_notices(session, notice))
            supersede(session, older, database_now(session))
            return older

    def _wait_for_page(self, event_id: int) -> None:
        def is_on_page(session: Session) -> bool:
            return is_published(session, event_id)

        self._wait(is_on_page, PAGE_FIRST)

    def _wait_for_landing(self, older: list[int]) -> None:
        def has_landed(session: Session) -> bool:
            return not leases_of(session, older, database_now(session))

        if older:
            self._wait(has_landed, _LANDING)

    def _wait(self, condition: Callable[[Session], bool], most: timedelta) -> None:
        give_up = time.monotonic() + most.total_seconds()
        while time.monotonic() < give_up:
            with self._database.read() as session:
                if condition(session):
                    return
            time.sleep(_LOOK_EVERY)

    def _write(self, session: Session, notice: NoticeRow) -> int:
        now = database_now(session)
        notice.fanned_out_at = now
        programme = Programme(notice.programme)
        components = session.exec(select(ComponentRow.id).where(col(ComponentRow.slug).in_(notice.audience))).all()
        return sum(self._write_channel(session, notice, channel, programme, components, now) for channel in Channel)

    def _write_channel(
        self,
        session: Session,
        notice: NoticeRow,
        channel: Channel,
        programme: Programme,
        components: Sequence[str],
        now: datetime,
    ) -> int:
        notice_id, recalled = notice.id or 0, notice.recalled_at is not None
        written = write_deliveries(
            session,
            notice_id,
            channel,
            programme,
            components,
            now,
            is_drill=notice.is_drill,
            recalled=recalled,
            is_restored=notice.restored_at is not None,
        )
        if recalled:
            return written
        for batch_id in write_batches(session, notice_id, channel, notice.priority, written, now):
            self._enqueue(session, batch_id, 0, notice.priority, timedelta(0))
        return written
