"""Incidents: the list, opening one, and posting updates on it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.cadence import skip_update, words_of
from app.commands.drafts import drop_draft
from app.commands.incident_weight import weigh_incident
from app.commands.incidents import open_incident, post_update
from app.domain.accounts import Permission
from app.domain.cadence import Due, clock
from app.domain.errors import RefusedError, StaleVersionError
from app.domain.incidents import TITLE_LIMIT, Incident, IncidentUpdate, UpdateDraft, downtime
from app.domain.promises import promise_state
from app.domain.severity import Severity, Urgency
from app.store.drafts import NEW
from app.store.incident_page import NoticeInBrief, Surroundings, surroundings
from app.store.incidents import footnote_of, incident_list
from app.store.suspicions import the_suspicion
from app.web.admin.forms import Reading
from app.web.admin.speak.approvals import asked_first
from app.web.admin.speak.composer import Composer, blank_words, next_words, posted_words
from app.web.admin.speak.drafts import draft_incident, draft_update, rough_draft
from app.web.admin.speak.incident_forms import composer_of, existing_incident, kept_composer
from app.web.admin.speak.many import confirm_for_many
from app.web.admin.speak.previews import Outlook, outlook_of, with_event_words
from app.web.admin.speak.suspected import suspected_composer
from app.web.admin.speak.tonight import check_tonight
from app.web.admin.submissions import publish_once
from app.web.auth import Poster, Reader
from app.web.posted import Posted, PostedForm, clean
from app.web.visit import Visit

INCIDENTS = "/admin/incidents"
PAGE = 50
_PAGES_MOST = 100_000
_ID_MOST = 40

router = APIRouter(prefix=INCIDENTS)


@router.get("")
def incidents(visit: Reader, search: str = "", page: int = 1) -> Response:
    """Open incidents first, then history, fifty to a page; `search` looks in titles."""
    search, page = clean(search).strip()[:TITLE_LIMIT], min(max(page, 1), _PAGES_MOST)
    with visit.database.read() as session:
        opened, ended = incident_list(session, search, skip=(page - 1) * PAGE, most=PAGE + 1)
    return visit.page(
        "incidents/index.html",
        opened=[incident for incident in opened if search.lower() in incident.title.lower()],
        ended=ended[:PAGE],
        lasted={incident.id: downtime(incident, visit.now) for incident in ended},
        has_more=len(ended) > PAGE,
        search=search,
        page=page,
    )


@router.get("/new")
def new_incident(visit: Poster, component: str = "", suspicion: str = "", footnote: str = "") -> Response:
    """An empty form; `component` names one that is known to be failing, `suspicion` what points to trouble (R3).

    `footnote` is an update whose footnote gets an incident of its own (R43).
    """
    with visit.database.read() as session:
        around = surroundings(session, NEW, visit.account.id)
        found = the_suspicion(session, suspicion[:_ID_MOST]) if suspicion else None
        composer = kept_composer(session, visit, around)
        if found:
            composer = suspected_composer(session, visit, around, found, composer)
        aside = footnote_of(session, footnote[:_ID_MOST]) if footnote else ""
        composer = (composer if not aside else None) or _first_form(session, visit, around, component, aside)
    return visit.page("incidents/new.html", composer=composer, outlook=None, suspicion=found)


@router.post("")
def open_one(visit: Poster, posted: PostedForm) -> Response:
    """Open an incident with its first words, once; or show the form again with what is missing."""
    words = posted_words(posted)
    with visit.database.read() as session:
        composer = composer_of(session, visit, words)
        if posted.has("preview") or posted.has("fill"):
            composer, outlook = _looked_at(session, visit, composer, posted)
            return visit.page("incidents/new.html", composer=composer, outlook=outlook, suspicion=None)
    try:
        return visit.see_other(publish_once(visit, posted, partial(_open, visit, composer)))
    except RefusedError as error:
        refused = composer.refused(error.problems)
        return visit.page("incidents/new.html", status=422, composer=refused, outlook=None, suspicion=None)


@router.get("/{incident_id}")
def incident_page(visit: Reader, incident_id: str) -> Response:
    """The timeline, and the form for the next update on the same page."""
    with visit.database.read() as session:
        incident = existing_incident(session, incident_id)
        around = surroundings(session, incident.id, visit.account.id)
        composer = _form_of(session, visit, around, incident)
    return _show(visit, incident, composer, around)


@router.post("/{incident_id}/updates")
def post_one(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Post an update, once; or show the form again with what is missing, or with what others said meanwhile."""
    words = posted_words(posted)
    with visit.database.read() as session:
        incident = existing_incident(session, incident_id)
        around = surroundings(session, incident.id, visit.account.id)
        composer = composer_of(session, visit, words, incident, around.states)
        show, news = partial(_show, visit, incident, around=around), _news(incident, posted)
        if posted.has("preview") or posted.has("fill"):
            composer, outlook = _looked_at(session, visit, composer, posted)
            return show(composer, news=news, outlook=outlook)
    try:
        return visit.see_other(
            publish_once(visit, posted, partial(_say, visit, incident.id, composer, posted.number("version")))
        )
    except RefusedError as error:
        # The form comes back on the incident as it is now: whoever was overtaken has to see it here already.
        return show(composer.refused(error.problems), news=news, status=409 if news else 422)
    except StaleVersionError:
        told = composer if news else composer.refused({"": "Somebody changed this incident while you were writing."})
        return show(told, news=news, status=409)


@router.post("/{incident_id}/skips")
def skip_one(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Let the next due word pass, with a reason; or show the page with why that cannot be."""
    try:
        with visit.transaction() as session:
            skip_update(session, incident_id, posted.text("reason"), now=visit.now)
    except RefusedError as error:
        return _refused_beside(visit, incident_id, "skip_problems", error.problems)
    return visit.see_other(f"{INCIDENTS}/{incident_id}?skipped=1")


@router.post("/{incident_id}/weight")
def weigh_one(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Change severity and urgency, with a reason; or show the page with what is missing."""
    try:
        severity, urgency = _weight(posted, visit.zone)
        with visit.transaction() as session:
            weigh_incident(
                session,
                incident_id,
                severity,
                urgency,
                posted.text("weight_reason"),
                now=visit.now,
                expected_version=posted.number("version"),
            )
    except (RefusedError, StaleVersionError) as error:
        is_stale = isinstance(error, StaleVersionError)
        problems = {"weight_reason": str(error)} if isinstance(error, StaleVersionError) else error.problems
        return _refused_beside(visit, incident_id, "weight_problems", problems, status=409 if is_stale else 422)
    return visit.see_other(f"{INCIDENTS}/{incident_id}?weighed=1")


def _weight(posted: Posted, zone: ZoneInfo) -> tuple[Severity, Urgency]:
    reading = Reading(zone)
    severity = reading.member("weight_severity", posted.text("weight_severity"), Severity)
    urgency = reading.member("weight_urgency", posted.text("weight_urgency"), Urgency)
    reading.refuse()
    if severity is None or urgency is None:
        raise RefusedError({"weight_urgency": "Choose how bad it is and how often members hear of it."})
    return severity, urgency


def _refused_beside(
    visit: Visit, incident_id: str, which: str, problems: Mapping[str, str], *, status: int = 422
) -> Response:
    """The incident's page with what was not accepted in one of the small forms beside the composer."""
    with visit.database.read() as session:
        incident = existing_incident(session, incident_id)
        around = surroundings(session, incident.id, visit.account.id)
        composer = _form_of(session, visit, around, incident)
    return _show(visit, incident, composer, around, beside={which: problems}, status=status)


def _show(
    visit: Visit,
    incident: Incident,
    composer: Composer,
    around: Surroundings,
    *,
    news: Sequence[IncidentUpdate] = (),
    outlook: Outlook | None = None,
    beside: Mapping[str, Mapping[str, str]] | None = None,
    status: int = 200,
) -> Response:
    due = _due(visit, incident, [silence.due_at for silence in around.skips])
    return visit.page(
        "incidents/show.html",
        status=status,
        incident=incident,
        notice=around.notice,
        seconds_held=_seconds_held(around.notice, visit.now),
        composer=composer,
        outlook=outlook,
        authors=around.authors,
        news=news,
        published=visit.is_after("published"),
        due=due,
        state=promise_state(due.at, visit.now) if due else None,
        skips=around.skips,
        misses=around.misses,
        skipped=visit.is_after("skipped"),
        weighed=visit.is_after("weighed"),
        **{"skip_problems": {}, "weight_problems": {}} | dict(beside or {}),
    )


def _due(visit: Visit, incident: Incident, skipped: Sequence[datetime]) -> Due | None:
    """The clock that runs on an open incident."""
    words = words_of(incident)
    if not incident.is_open or not words or (incident.urgency is None and incident.promised_at is None):
        return None
    return clock(incident.urgency or Urgency.MEDIUM, words[-1], visit.organisation.day, skipped)


def _open(visit: Visit, composer: Composer, session: Session) -> str:
    draft = draft_incident(composer, visit.zone)
    check_tonight(session, visit, composer)
    drop_draft(session, visit.account.id, NEW)
    confirm_for_many(session, visit, composer, draft)
    waits_at = asked_first(session, visit, composer, draft)
    return waits_at or _path(open_incident(session, draft, now=visit.now, author_id=visit.account.id))


def _say(visit: Visit, incident_id: str, composer: Composer, version: int, session: Session) -> str:
    draft = draft_update(composer, visit.zone)
    _check_override(visit, draft)
    check_tonight(session, visit, composer)
    who = visit.account.id
    drop_draft(session, who, incident_id)
    whole = replace(rough_draft(composer, visit.zone), first_update=draft)
    confirm_for_many(session, visit, composer, whole)
    waits_at = asked_first(session, visit, composer, whole)
    if waits_at:
        return waits_at
    return _path(post_update(session, incident_id, draft, now=visit.now, author_id=who, expected_version=version))


def _check_override(visit: Visit, draft: UpdateDraft) -> None:
    """Only who commands answers for checks that have not passed (R54)."""
    if draft.override and not visit.may(Permission.COMMAND):
        raise RefusedError({"override": "A commander answers for this. Tick the checks under Work, or ask one."})


def _news(incident: Incident, posted: Posted) -> list[IncidentUpdate]:
    """What was said since the writer opened the form, newest first."""
    return [update for update in reversed(incident.updates) if update.number > posted.number("seen")]


def _first_form(session: Session, visit: Visit, around: Surroundings, component: str, aside: str) -> Composer:
    words = replace(blank_words([component] if component else []), what_happened=aside)
    composer = composer_of(session, visit, words, states=around.states)
    return with_event_words(session, visit, composer) if composer.ticked else composer


def _form_of(session: Session, visit: Visit, around: Surroundings, incident: Incident) -> Composer:
    """The form for the next update: what this person was writing, or an empty one."""
    kept = kept_composer(session, visit, around, incident)
    return kept or composer_of(session, visit, next_words(incident), incident, around.states)


def _seconds_held(notice: NoticeInBrief | None, now: datetime) -> int:
    """For how many seconds the newest notice can still be taken back; 0 when it cannot."""
    if notice is None or notice.has_left or notice.held_until <= now:
        return 0
    return max(1, round((notice.held_until - now).total_seconds()))


def _looked_at(session: Session, visit: Visit, composer: Composer, posted: Posted) -> tuple[Composer, Outlook]:
    """The form once more, with what comes of it: what script does while one types."""
    if posted.has("fill"):
        composer = with_event_words(session, visit, composer)
    return composer, outlook_of(session, visit, composer)


def _path(incident: Incident) -> str:
    return f"{INCIDENTS}/{incident.id}?published=1"
