"""Planning work: the form, a look at what would come of it, and work that comes again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.commands.maintenance_series import SeriesDraft, end_series, start_series
from app.domain.errors import RefusedError
from app.domain.maintenance_series import ANNOUNCE_DAYS_MOST
from app.domain.recurrence import DAYS, EVERY_MOST, Frequency, Recurrence, Window
from app.store.components import component_groups, live_components
from app.web.admin.forms import Reading
from app.web.admin.planned.maintenance_outlook import outlook_of
from app.web.admin.speak.composer import grouped
from app.web.admin.submissions import publish_once
from app.web.auth import Poster
from app.web.posted import Posted, PostedForm, new_form_key
from app.web.visit import Visit

MAINTENANCE = "/admin/maintenance"
CHECKING_MOST = 24 * 60
NEVER = "never"
_NTHS = ("1", "2", "3", "4", "-1")

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
    repeats: str = NEVER
    every: str = "1"
    weekdays: tuple[str, ...] = ()
    nth: str = "1"
    last_on: str = ""
    announce_days: str = "14"


@router.get("/new")
def new_maintenance(visit: Poster) -> Response:
    """An empty form."""
    return _window_form(visit, WindowWords())


@router.post("")
def schedule(visit: Poster, posted: PostedForm) -> Response:
    """Announce planned work or a series of it, once; or show the form again: with what is missing, or to check it."""
    words = _posted_window(posted)
    try:
        if posted.has("check"):
            return _window_form(visit, words, draft=_draft(words, visit))
        act = _schedule if words.repeats == NEVER else _start_series
        return visit.see_other(publish_once(visit, posted, partial(act, visit, words)))
    except RefusedError as error:
        return _window_form(visit, words, error.problems)


@router.post("/series/{series_id}/ending")
def stop_series(visit: Poster, series_id: str) -> Response:
    """Announce no further day of a series."""
    with visit.transaction() as session:
        end_series(session, series_id, now=visit.now)
    return visit.see_other(f"{MAINTENANCE}?ended")


def _start_series(visit: Visit, words: WindowWords, session: Session) -> str:
    start_series(session, _series_draft(words, visit), now=visit.now)
    return f"{MAINTENANCE}?started"


def _series_draft(words: WindowWords, visit: Visit) -> SeriesDraft:
    reading, draft = Reading(visit.zone), _draft(words, visit)
    starts, ends = (moment.astimezone(visit.zone) for moment in (draft.scheduled_for, draft.scheduled_until))
    if ends - starts >= timedelta(days=1):
        reading.problems["scheduled_until"] = "Work that comes again must end within a day of its start."
    frequency = reading.member("repeats", words.repeats, Frequency)
    rule = Recurrence(
        frequency or Frequency.WEEKLY,
        tuple(DAYS.index(day) for day in words.weekdays if day in DAYS) or (starts.weekday(),),
        reading.whole("every", words.every, least=1, most=EVERY_MOST),
        int(words.nth) if words.nth in _NTHS and frequency is Frequency.MONTHLY else None,
    )
    series = SeriesDraft(
        title=draft.title,
        body=draft.body,
        components=tuple(draft.components),
        rule=rule,
        window=Window(starts.time(), ends.time()),
        first_on=starts.date(),
        last_on=reading.day("last_on", words.last_on),
        verify_for=draft.verify_for,
        auto=draft.auto_start,
        notify=draft.notify,
        announce_days=reading.whole("announce_days", words.announce_days, least=1, most=ANNOUNCE_DAYS_MOST),
    )
    reading.refuse()
    return series


def _schedule(visit: Visit, words: WindowWords, session: Session) -> str:
    draft = _draft(words, visit)
    work = schedule_maintenance(session, draft, now=visit.now, author_id=visit.account.id)
    return f"{MAINTENANCE}/{work.id}?published=1"


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


def _window_form(
    visit: Visit,
    words: WindowWords,
    problems: Mapping[str, str] | None = None,
    draft: MaintenanceDraft | None = None,
) -> Response:
    with visit.database.read() as session:
        groups = grouped(live_components(session), component_groups(session))
        outlook = outlook_of(session, visit, draft) if draft else None
    return visit.page(
        "maintenance/new.html",
        status=422 if problems else 200,
        said=words,
        groups=groups,
        outlook=outlook,
        problems=problems or {},
        key=new_form_key(),
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
        repeats=posted.text("repeats") or NEVER,
        every=posted.text("every") or "1",
        weekdays=tuple(posted.all("weekdays")),
        nth=posted.text("nth") or "1",
        last_on=posted.text("last_on"),
        announce_days=posted.text("announce_days") or "14",
    )
