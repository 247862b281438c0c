"""Notices: the list, and the delivery board that shows one on its way, takes it back, or tries failures again.

Every number on it is counted from the rows of the ledger when the page is made.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from app.commands.notices import recall_notice, resume_channel, retry_failed
from app.commands.restorations import release_notices
from app.deliver.dead_letters import failure_words
from app.domain.channels import Channel
from app.domain.deliveries import Outcome, Reason, State, finish_estimate, notice_ending
from app.domain.delivery_board import ChannelBoard, Standing, standing_of
from app.domain.errors import NotFoundError
from app.domain.notices import may_recall
from app.store.notices import NoticeRow, newest_notices, notice_row, notices_about
from app.store.progress import Count, is_in_tray, leaving_before, outcome_counts, progress
from app.store.rates import SenderRow, paused_until, senders
from app.store.restorations import standing_hold
from app.store.tray import kept
from app.web.admin.members.delivery_record import record_lines
from app.web.auth import Exporter, Poster, Reader
from app.web.posted import RowNumber
from app.web.visit import Visit
from app.web.wording import WORDS

NOTICES = "/admin/notices"
PAGE = 20

_UNTOLD = (Standing.FAILED, Standing.UNKNOWN, Standing.SUPPRESSED, Standing.EXPIRED)

router = APIRouter(prefix=NOTICES)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list: a notice and how many of its deliveries there are, failed, and are on their way."""

    notice: NoticeRow
    total: int
    failed: int
    unfinished: int

    @property
    def is_finished(self) -> bool:
        """Whether everybody was told or accounted for."""
        return self.notice.fanned_out_at is not None and not self.unfinished


@dataclass(frozen=True, slots=True)
class Line:
    """One channel on the board, and what can be said of its sender: `others` share it and do not come after.

    `paused_until` is set while the sender rests because its provider asked for it.
    """

    board: ChannelBoard
    per_second: float | None
    finish: datetime | None
    stopped_because: str
    others: int = 0
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Miss:
    """So many on one channel who were not told, or of whom nobody knows, for one reason."""

    channel: Channel
    standing: Standing
    number: int
    words: str


@dataclass(frozen=True, slots=True)
class Board:
    """One notice on its way. `can_retry` is how many failures a second try may mend; `is_in_tray`
    says that some of it was only kept to be read."""

    notice: NoticeRow
    lines: Sequence[Line]
    misses: Sequence[Miss]
    can_retry: int
    seconds_held: int
    is_in_tray: bool

    @property
    def total(self) -> int:
        """All deliveries of the notice."""
        return sum(line.board.total for line in self.lines)

    @property
    def unfinished(self) -> int:
        """Those that have not ended."""
        return sum(line.board.unfinished for line in self.lines)

    @property
    def is_moving(self) -> bool:
        """Whether the next two seconds may change it."""
        return not self.notice.recalled_at and (not self.notice.fanned_out_at or self.unfinished > 0)


@dataclass(frozen=True, slots=True)
class NewestNotice:
    """The newest notice about something. `is_held` while it can still be taken back."""

    id: int
    is_held: bool


def newest_notice(session: Session, subject_id: str, now: datetime) -> NewestNotice | None:
    """The newest notice about an incident or planned work; None where nobody was ever told of it."""
    rows = notices_about(session, subject_id)
    return NewestNotice(rows[-1].id or 0, _is_held(rows[-1], now)) if rows else None


@router.get("")
def notices(visit: Reader, before: RowNumber | None = None) -> Response:
    """The notices, newest first, with how far each is."""
    with visit.database.read() as session:
        rows = newest_notices(session, PAGE + 1, before=before)
        counts = outcome_counts(session, [row.id or 0 for row in rows[:PAGE]])
        has_tray = bool(kept(session, most=1))
        stopped = [sender for sender in senders(session) if sender.stopped_at]
        hold = standing_hold(session)
        paused = _paused(session, visit.now)
    listed = [_listed(row, counts[row.id or 0]) for row in rows[:PAGE]]
    more_before = listed[-1].notice.id if len(rows) > PAGE else None
    return visit.page(
        "deliveries/index.html",
        listed=listed,
        more_before=more_before,
        has_tray=has_tray,
        stopped=stopped,
        paused=paused,
        hold=hold,
    )


@router.get("/{notice_id}")
def delivery_board(visit: Reader, notice_id: RowNumber) -> Response:
    """The board of one notice. It is whole without script, which only keeps it up to date."""
    return visit.page("deliveries/show.html", board=_read_board(visit, notice_id))


@router.get("/{notice_id}/progress")
def moving_part(visit: Reader, notice_id: RowNumber) -> Response:
    """The part of the board that moves; a fragment for the page that shows it."""
    return visit.page("deliveries/_progress.html", board=_read_board(visit, notice_id))


@router.post("/{notice_id}/recall")
def recall(visit: Poster, notice_id: RowNumber) -> Response:
    """Take it back while it is held. The page keeps what it says."""
    with visit.transaction() as session:
        recall_notice(session, notice_id, now=visit.now)
    return visit.see_other(f"{NOTICES}/{notice_id}?recalled")


@router.post("/{notice_id}/retry")
def retry(visit: Poster, notice_id: RowNumber) -> Response:
    """Try the failed ones once more."""
    with visit.transaction() as session:
        retry_failed(session, notice_id, now=visit.now)
    return visit.see_other(f"{NOTICES}/{notice_id}?retried")


@router.post("/release")
def release(visit: Poster) -> Response:
    """After a restore somebody has looked: reminders and planned work may speak again."""
    with visit.transaction() as session:
        release_notices(session, now=visit.now)
    return visit.see_other(f"{NOTICES}?released")


@router.post("/senders/{channel}/resumption")
def resumption(visit: Poster, channel: Channel) -> Response:
    """Let a stopped sender send again, once what stopped it is mended."""
    with visit.transaction() as session:
        resume_channel(session, channel, now=visit.now)
    return visit.see_other(f"{NOTICES}?resumed")


@router.get("/{notice_id}/deliveries.csv")
def record(visit: Exporter, notice_id: RowNumber) -> Response:
    """Who was told and when, and who was not and why, with whole addresses."""
    with visit.database.read() as session:
        _notice(session, notice_id)
    lines = record_lines(visit.database, visit.parts.vault, notice_id, visit.zone)
    headers = {"Content-Disposition": f'attachment; filename="notice-{notice_id}-deliveries.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _read_board(visit: Visit, notice_id: RowNumber) -> Board:
    with visit.database.read() as session:
        notice = _notice(session, notice_id)
        counts = progress(session, notice_id)
        lines = [_line(session, notice, board, visit.now) for board in boards_of(counts)]
        pretended = is_in_tray(session, notice_id)
    ended = notice_ending(notice.standing, visit.now) is not None
    return Board(
        notice=notice,
        lines=lines,
        misses=_misses(counts),
        can_retry=0 if ended else _retriable(counts),
        seconds_held=_seconds_held(notice, visit.now),
        is_in_tray=pretended,
    )


def boards_of(counts: Sequence[Count]) -> list[ChannelBoard]:
    """The counts by channel, in the order in which channels are always told."""
    numbers: dict[Channel, dict[Standing, int]] = defaultdict(lambda: defaultdict(int))
    resting: dict[Channel, int] = defaultdict(int)
    for count in counts:
        standing = standing_of(count.state, count.outcome)
        numbers[count.channel][standing] += count.number
        if standing is Standing.QUEUED and count.reason == Reason.QUIET:
            resting[count.channel] += count.number
    return [ChannelBoard(channel, numbers[channel], resting[channel]) for channel in Channel if channel in numbers]


def _line(session: Session, notice: NoticeRow, board: ChannelBoard, now: datetime) -> Line:
    sender = session.get(SenderRow, board.channel.value)
    rate = sender.per_second if sender else None
    stopped = sender.stopped_because if sender and sender.stopped_at else ""
    if not board.leaving or stopped:
        return Line(board, rate, None, stopped)
    others = leaving_before(session, notice, board.channel)
    pause = paused_until(sender, now) if sender else None
    return Line(board, rate, finish_estimate(board.leaving + others, rate, pause or now), stopped, others, pause)


def _paused(session: Session, now: datetime) -> dict[str, datetime]:
    """Senders that rest because their provider asked for it, and until when."""
    found = {row.name: paused_until(row, now) for row in senders(session) if not row.stopped_at}
    return {name: until for name, until in found.items() if until}


def _misses(counts: Sequence[Count]) -> list[Miss]:
    """Why some were not told, failures first, the most of them first."""
    found = [
        Miss(count.channel, standing, count.number, _why(count))
        for count in counts
        if (standing := standing_of(count.state, count.outcome)) in _UNTOLD
    ]
    return sorted(found, key=lambda miss: (_UNTOLD.index(miss.standing), -miss.number))


def _why(count: Count) -> str:
    if count.words:
        return count.words
    if count.state is State.UNKNOWN:
        return "Nobody heard the provider’s answer. It is asked before anything is sent again."
    return failure_words(count.reason) if count.outcome is Outcome.FAILED else WORDS.get(count.reason, count.reason)  # type: ignore[call-overload]


def _retriable(counts: Sequence[Count]) -> int:
    failed = [count for count in counts if count.outcome is Outcome.FAILED and count.reason != Reason.UNCONFIRMED]
    return sum(count.number for count in failed)


def _listed(row: NoticeRow, counts: dict[Outcome | None, int]) -> Listed:
    return Listed(row, sum(counts.values()), counts.get(Outcome.FAILED, 0), counts.get(None, 0))


def _is_held(row: NoticeRow, now: datetime) -> bool:
    return row.fanned_out_at is None and may_recall(row.held_until, row.recalled_at, now)


def _seconds_held(row: NoticeRow, now: datetime) -> int:
    return max(1, round((row.held_until - now).total_seconds())) if _is_held(row, now) else 0


def _notice(session: Session, notice_id: RowNumber) -> NoticeRow:
    row = notice_row(session, notice_id)
    if row is None:
        raise NotFoundError("There is no such notice.")
    return row
