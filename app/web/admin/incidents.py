"""Incidents: the list, opening one, and posting updates on it."""

from collections.abc import Mapping, Sequence
from functools import partial

from fastapi import APIRouter
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from app.commands.incidents import open_incident, post_update
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.incidents import TITLE_LIMIT, Incident, IncidentUpdate, downtime
from app.domain.promises import promise_state
from app.store.accounts import update_authors
from app.store.components import component_groups
from app.store.incidents import incidents_found, open_incidents, the_incident
from app.web.admin.composer import Composer, Words, blank_words, compose, next_words, posted_words
from app.web.admin.deliveries import newest_notice
from app.web.admin.drafts import draft_incident, draft_update
from app.web.admin.standing import components_now
from app.web.admin.submissions import publish_once
from app.web.auth import Poster, Reader
from app.web.posted import Posted, PostedForm, clean
from app.web.visit import Visit

INCIDENTS = "/admin/incidents"
PAGE = 50
_PAGES_MOST = 100_000

router = APIRouter(prefix=INCIDENTS)


@router.get("")
def incidents(visit: Reader, search: str = "", page: int = 1) -> Response:
    """Open incidents first, then history, fifty to a page; `search` looks in titles."""
    search, page = clean(search).strip()[:TITLE_LIMIT], min(max(page, 1), _PAGES_MOST)
    with visit.database.read() as session:
        opened = open_incidents(session)
        ended = incidents_found(session, search, skip=(page - 1) * PAGE, most=PAGE + 1)
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
def new_incident(visit: Poster, component: str = "") -> Response:
    """An empty form; `component` names one that is known to be failing."""
    with visit.database.read() as session:
        composer = _composer(session, visit, blank_words([component] if component else []))
    return visit.page("incidents/new.html", composer=composer)


@router.post("")
def open_one(visit: Poster, posted: PostedForm) -> Response:
    """Open an incident with its first words, once; or show the form again with what is missing."""
    words = posted_words(posted)
    with visit.database.read() as session:
        composer = _composer(session, visit, words)
    if posted.has("preview"):
        return visit.page("incidents/new.html", composer=composer)
    try:
        return visit.see_other(publish_once(visit, posted, partial(_open, visit, composer)))
    except RefusedError as error:
        return visit.page("incidents/new.html", status=422, composer=composer.refused(error.problems))


@router.get("/suggestions")
def suggestions(visit: Poster, request: Request) -> Response:
    """The words that follow from what is ticked; a fragment for a form that is being filled in."""
    words = posted_words(Posted(tuple(request.query_params.multi_items())))
    incident_id = request.query_params.get("incident")
    with visit.database.read() as session:
        composer = _composer(session, visit, words, _incident(session, incident_id) if incident_id else None)
    return visit.page("incidents/_suggestions.html", composer=composer)


@router.get("/{incident_id}")
def incident_page(visit: Reader, incident_id: str) -> Response:
    """The timeline, and the form for the next update on the same page."""
    with visit.database.read() as session:
        incident = _incident(session, incident_id)
        composer = _composer(session, visit, next_words(incident), incident)
        authors = update_authors(session, incident.id)
    return _show(visit, incident, composer, authors)


@router.post("/{incident_id}/updates")
def post_one(visit: Poster, incident_id: str, posted: PostedForm) -> Response:
    """Post an update, once; or show the form again with what is missing, or with what others said meanwhile."""
    words = posted_words(posted)
    with visit.database.read() as session:
        incident = _incident(session, incident_id)
        composer = _composer(session, visit, words, incident)
        authors = update_authors(session, incident.id)
    show = partial(_show, visit, incident, authors=authors)
    if posted.has("preview"):
        return show(composer)
    try:
        return visit.see_other(
            publish_once(visit, posted, partial(_say, visit, incident.id, composer, posted.number("version")))
        )
    except RefusedError as error:
        return show(composer.refused(error.problems), status=422)
    except StaleVersionError:
        return show(composer, news=_news(incident, posted), status=409)


def _show(
    visit: Visit,
    incident: Incident,
    composer: Composer,
    authors: Mapping[str, str],
    *,
    news: Sequence[IncidentUpdate] = (),
    status: int = 200,
) -> Response:
    promised_at = incident.promised_at
    with visit.database.read() as session:
        notice = newest_notice(session, incident.id, visit.now)
    return visit.page(
        "incidents/show.html",
        status=status,
        incident=incident,
        notice=notice,
        composer=composer,
        authors=authors,
        news=news,
        published=visit.is_after("published"),
        state=promise_state(promised_at, visit.now) if promised_at else None,
    )


def _open(visit: Visit, composer: Composer, session: Session) -> str:
    draft = draft_incident(composer, visit.zone)
    return _path(open_incident(session, draft, now=visit.now, author_id=visit.account.id))


def _say(visit: Visit, incident_id: str, composer: Composer, version: int, session: Session) -> str:
    draft = draft_update(composer, visit.zone)
    who = visit.account.id
    return _path(post_update(session, incident_id, draft, now=visit.now, author_id=who, expected_version=version))


def _news(incident: Incident, posted: Posted) -> list[IncidentUpdate]:
    """What was said since the writer opened the form, newest first."""
    return [update for update in reversed(incident.updates) if update.number > posted.number("seen")]


def _composer(session: Session, visit: Visit, words: Words, incident: Incident | None = None) -> Composer:
    components = components_now(session)
    groups = component_groups(session)
    return compose(words, visit.organisation, components, groups, now=visit.now, incident=incident)


def _path(incident: Incident) -> str:
    return f"{INCIDENTS}/{incident.id}?published=1"


def _incident(session: Session, incident_id: str) -> Incident:
    incident = the_incident(session, incident_id)
    if incident is None:
        raise NotFoundError(f"There is no incident “{incident_id[:40]}”.")
    return incident
