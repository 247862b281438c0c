"""Planned work: the list, one work, and moving, extending, finishing or cancelling it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.maintenance import cancel_maintenance, post_maintenance_update
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.maintenance import Maintenance, MaintenanceStatus, steps_from
from app.domain.planning import Objections
from app.store.maintenance import maintenances_completed, the_maintenance, unfinished_maintenances
from app.store.maintenance_series import running_series
from app.web.admin.forms import Reading
from app.web.admin.members.deliveries import newest_notice
from app.web.admin.planned.maintenance_outlook import objections
from app.web.admin.submissions import publish_once
from app.web.auth import Poster, Reader
from app.web.posted import Posted, PostedForm, new_form_key
from app.web.visit import Visit

MAINTENANCE = "/admin/maintenance"
PAGE = 50
_PAGES_MOST = 100_000

router = APIRouter(prefix=MAINTENANCE)


@dataclass(frozen=True, slots=True)
class WorkWords:
    """The form in which planned work is continued, as raw text."""

    status: str
    body: str = ""
    scheduled_for: str = ""
    scheduled_until: str = ""
    notify: bool = True


@router.get("")
def maintenance(visit: Reader, page: int = 1) -> Response:
    """What is planned and going on, then what is over, fifty to a page."""
    page = min(max(page, 1), _PAGES_MOST)
    with visit.database.read() as session:
        works = unfinished_maintenances(session)
        ended = maintenances_completed(session, skip=(page - 1) * PAGE, most=PAGE + 1)
        series = running_series(session) if page == 1 else []
    return visit.page(
        "maintenance/index.html", works=works, ended=ended[:PAGE], has_more=len(ended) > PAGE, page=page, series=series
    )


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


@router.post("/{maintenance_id}/cancellation")
def cancel(visit: Poster, maintenance_id: str, posted: PostedForm) -> Response:
    """Say that the work will not take place, once."""
    with visit.database.read() as session:
        work = _work(session, maintenance_id)
    reason = posted.text("reason")
    try:
        act = partial(_cancel, visit, work, reason, posted.text("notify") != "no", posted.number("version"))
        return visit.see_other(publish_once(visit, posted, act))
    except RefusedError as error:
        problems = {"reason" if name == "body" else name: words for name, words in error.problems.items()}
        return _show(visit, work, _next_words(visit, work), reason=reason, problems=problems, status=422)
    except StaleVersionError as error:
        return _show(visit, work, _next_words(visit, work), reason=reason, problems={"": str(error)}, status=409)


def _cancel(visit: Visit, work: Maintenance, reason: str, notify: bool, version: int, session: Session) -> str:
    return _path(
        cancel_maintenance(
            session,
            work.id,
            reason,
            now=visit.now,
            notify=notify,
            author_id=visit.account.id,
            expected_version=version,
        )
    )


def _say(visit: Visit, work: Maintenance, words: WorkWords, version: int, session: Session) -> str:
    reading = Reading(visit.zone)
    status = reading.member("status", words.status, MaintenanceStatus)
    starts = _new_moment(reading, visit, "scheduled_for", words.scheduled_for, work.scheduled_for)
    ends = _new_moment(reading, visit, "scheduled_until", words.scheduled_until, work.scheduled_until)
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
            scheduled_for=starts,
            scheduled_until=ends,
            author_id=visit.account.id,
            expected_version=version,
        )
    )


def _new_moment(reading: Reading, visit: Visit, name: str, text: str, stored: datetime) -> datetime | None:
    """The moment that was typed; None when it is the one the field already showed, seconds and all."""
    is_same = not text or text == visit.clock.field(stored)
    return None if is_same else reading.moment(name, text)


def _show(
    visit: Visit,
    work: Maintenance,
    words: WorkWords,
    *,
    reason: str = "",
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    with visit.database.read() as session:
        notice = newest_notice(session, work.id, visit.now)
        against = _objections(session, visit, work)
    return visit.page(
        "maintenance/show.html",
        status=status,
        work=work,
        notice=notice,
        said=words,
        reason=reason,
        objections=against,
        steps=steps_from(work.status),
        problems=problems or {},
        key=new_form_key(),
        cancel_key=new_form_key(),
        published=visit.is_after("published"),
    )


def _objections(session: Session, visit: Visit, work: Maintenance) -> Objections:
    """What speaks against work that has not begun; of the rest nothing can be changed any more."""
    if work.status is not MaintenanceStatus.SCHEDULED:
        return Objections()
    slugs = [item.slug for item in work.components]
    others = unfinished_maintenances(session)
    return objections(session, visit, work.scheduled_for, work.scheduled_until, slugs, others, besides=work.id)


def _posted_work(posted: Posted) -> WorkWords:
    return WorkWords(
        status=posted.text("status"),
        body=posted.text("body"),
        scheduled_for=posted.text("scheduled_for"),
        scheduled_until=posted.text("scheduled_until"),
        notify=posted.text("notify") != "no",
    )


def _next_words(visit: Visit, work: Maintenance) -> WorkWords:
    clock = visit.clock
    return WorkWords(
        status=work.status,
        scheduled_for=clock.field(work.scheduled_for),
        scheduled_until=clock.field(work.scheduled_until),
    )


def _path(work: Maintenance) -> str:
    return f"{MAINTENANCE}/{work.id}?published=1"


def _work(session: Session, maintenance_id: str) -> Maintenance:
    work = the_maintenance(session, maintenance_id)
    if work is None:
        raise NotFoundError(f"There is no planned work “{maintenance_id[:40]}”.")
    return work
