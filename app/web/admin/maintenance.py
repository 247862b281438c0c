"""Planned work: the list, scheduling it, and moving, extending or finishing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.maintenance import MaintenanceDraft, post_maintenance_update, schedule_maintenance
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.maintenance import Maintenance, MaintenanceStatus, steps_from
from app.store.components import component_groups, live_components
from app.store.maintenance import maintenances_completed, the_maintenance, unfinished_maintenances
from app.web.admin.composer import grouped
from app.web.admin.deliveries import newest_notice
from app.web.admin.forms import Reading
from app.web.admin.submissions import publish_once
from app.web.auth import Poster, Reader
from app.web.posted import Posted, PostedForm, new_form_key
from app.web.visit import Visit

MAINTENANCE = "/admin/maintenance"
PAGE = 50
CHECKING_MOST = 24 * 60
_PAGES_MOST = 100_000

router = APIRouter(prefix=MAINTENANCE)


@dataclass(frozen=True, slots=True)
class WindowWords:
    """The form in which planned work is scheduled, as raw text."""

    title: str = ""
    body: str = ""
    components: tuple[str, ...] = ()
    scheduled_for: str = ""
    scheduled_until: str = ""
    verify_minutes: str = ""
    by_the_clock: bool = True
    notify: bool = True


@dataclass(frozen=True, slots=True)
class WorkWords:
    """The form in which planned work is continued, as raw text."""

    status: str
    body: str = ""
    scheduled_until: str = ""
    notify: bool = True


@router.get("")
def maintenance(visit: Reader, page: int = 1) -> Response:
    """What is planned and going on, then what is over, fifty to a page."""
    page = min(max(page, 1), _PAGES_MOST)
    with visit.database.read() as session:
        works = unfinished_maintenances(session)
        ended = maintenances_completed(session, skip=(page - 1) * PAGE, most=PAGE + 1)
    return visit.page("maintenance/index.html", works=works, ended=ended[:PAGE], has_more=len(ended) > PAGE, page=page)


@router.get("/new")
def new_maintenance(visit: Poster) -> Response:
    """An empty form."""
    return _window_form(visit, WindowWords())


@router.post("")
def schedule(visit: Poster, posted: PostedForm) -> Response:
    """Announce planned work, once; or show the form again with what is missing."""
    words = _posted_window(posted)
    try:
        return visit.see_other(publish_once(visit, posted, partial(_schedule, visit, words)))
    except RefusedError as error:
        return _window_form(visit, words, error.problems)


@router.get("/{maintenance_id}")
def maintenance_page(visit: Reader, maintenance_id: str) -> Response:
    """What was said about the work, and the form to go on."""
    with visit.database.read() as session:
        work = _work(session, maintenance_id)
    return _show(visit, work, _next_words(visit, work))


@router.post("/{maintenance_id}/updates")
def post_one(visit: Poster, maintenance_id: str, posted: PostedForm) -> Response:
    """Say something, move the work on or extend it, once."""
    words = _posted_work(posted)
    with visit.database.read() as session:
        work = _work(session, maintenance_id)
    try:
        act = partial(_say, visit, work, words, posted.number("version"))
        return visit.see_other(publish_once(visit, posted, act))
    except RefusedError as error:
        return _show(visit, work, words, problems=error.problems, status=422)
    except StaleVersionError as error:
        return _show(visit, work, words, problems={"": str(error)}, status=409)


def _schedule(visit: Visit, words: WindowWords, session: Session) -> str:
    draft = _draft(words, visit)
    return _path(schedule_maintenance(session, draft, now=visit.now, author_id=visit.account.id))


def _draft(words: WindowWords, visit: Visit) -> MaintenanceDraft:
    reading = Reading(visit.zone)
    starts = reading.moment("scheduled_for", words.scheduled_for)
    ends = reading.moment("scheduled_until", words.scheduled_until)
    draft = MaintenanceDraft(
        title=words.title,
        body=words.body,
        components=words.components,
        scheduled_for=starts or visit.now,
        scheduled_until=ends or visit.now,
        auto_start=words.by_the_clock,
        auto_complete=words.by_the_clock,
        verify_for=timedelta(minutes=reading.minutes("verify_for", words.verify_minutes, most=CHECKING_MOST)),
        notify=words.notify,
    )
    reading.refuse()
    return draft


def _say(visit: Visit, work: Maintenance, words: WorkWords, version: int, session: Session) -> str:
    reading = Reading(visit.zone)
    status = reading.member("status", words.status, MaintenanceStatus)
    ends = _new_end(reading, visit, work, words.scheduled_until)
    if status is None:
        reading.problems.setdefault("status", "Say how far the work is.")
    reading.refuse()
    return _path(
        post_maintenance_update(
            session,
            work.id,
            status or work.status,
            words.body,
            now=visit.now,
            notify=words.notify,
            scheduled_until=ends,
            author_id=visit.account.id,
            expected_version=version,
        )
    )


def _new_end(reading: Reading, visit: Visit, work: Maintenance, text: str) -> datetime | None:
    """The end that was typed; None when it is the one the field already showed, seconds and all."""
    is_same = not text or text == visit.clock.field(work.scheduled_until)
    return None if is_same else reading.moment("scheduled_until", text)


def _window_form(visit: Visit, words: WindowWords, problems: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        groups = grouped(live_components(session), component_groups(session))
    return visit.page(
        "maintenance/new.html",
        status=422 if problems else 200,
        said=words,
        groups=groups,
        problems=problems or {},
        key=new_form_key(),
    )


def _show(
    visit: Visit, work: Maintenance, words: WorkWords, *, problems: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    with visit.database.read() as session:
        notice = newest_notice(session, work.id, visit.now)
    return visit.page(
        "maintenance/show.html",
        status=status,
        work=work,
        notice=notice,
        said=words,
        steps=steps_from(work.status),
        problems=problems or {},
        key=new_form_key(),
        published=visit.is_after("published"),
    )


def _posted_window(posted: Posted) -> WindowWords:
    return WindowWords(
        title=posted.text("title"),
        body=posted.text("body"),
        components=tuple(posted.all("components")),
        scheduled_for=posted.text("scheduled_for"),
        scheduled_until=posted.text("scheduled_until"),
        verify_minutes=posted.text("verify_for"),
        by_the_clock=posted.text("by_the_clock") != "no",
        notify=posted.text("notify") != "no",
    )


def _posted_work(posted: Posted) -> WorkWords:
    return WorkWords(
        status=posted.text("status"),
        body=posted.text("body"),
        scheduled_until=posted.text("scheduled_until"),
        notify=posted.text("notify") != "no",
    )


def _next_words(visit: Visit, work: Maintenance) -> WorkWords:
    return WorkWords(status=work.status, scheduled_until=visit.clock.field(work.scheduled_until))


def _path(work: Maintenance) -> str:
    return f"{MAINTENANCE}/{work.id}?published=1"


def _work(session: Session, maintenance_id: str) -> Maintenance:
    work = the_maintenance(session, maintenance_id)
    if work is None:
        raise NotFoundError(f"There is no planned work “{maintenance_id[:40]}”.")
    return work
