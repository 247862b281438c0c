"""Publishing while the database is away: the composer's words, from the state that was kept (issue 4, "Break-glass").

The routes are open to everybody and let nobody do anything without the signed capability of
`app.web.capability`; while the database answers they do nothing at all.
"""

import hashlib
import re
from collections.abc import Mapping

from fastapi import APIRouter
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from app.domain.audit import Actor
from app.domain.errors import NotFoundError, RefusedError, UnavailableError
from app.domain.incidents import Incident
from app.domain.spooled_posts import SpooledPost
from app.publish.snapshot import PublicSnapshot
from app.publish.without_database import WithoutDatabase
from app.store.session import Database
from app.web.admin.speak.composer import Composer, Words, blank_words, compose, next_words, posted_words
from app.web.admin.speak.drafts import draft_incident, draft_update
from app.web.auth import FOR_ANYONE
from app.web.capability import holder
from app.web.posted import Posted, PostedForm
from app.web.templating import Clock
from app.web.visit import Parts, client_network, parts_of, render

PUBLISH_ANYWAY = "/admin/publish-anyway"
_FORM = re.compile(r"/admin/incidents(?:/(?P<incident>[a-z0-9]{12})/updates)?")

router = APIRouter(prefix=PUBLISH_ANYWAY, dependencies=FOR_ANYONE)


@router.get("")
def blank_form(request: Request, incident: str = "") -> Response:
    """The form from the kept state: for a new incident, or the next words on one."""
    page, _ = _admitted(request)
    snapshot = page.snapshot()
    known = _known(snapshot, incident)
    words = next_words(known) if known else blank_words()
    return _show(request, snapshot, _composer(request, snapshot, words, known))


@router.post("")
def publish_anyway(request: Request, posted: PostedForm, form: str = "") -> Response:
    """Publish the words of a form that the database could not take. `form` is where they had been sent."""
    page, actor = _admitted(request)
    found = _FORM.fullmatch(form or posted.text("form"))
    if found is None:
        raise RefusedError("Only an incident can be published while the database is away. Your words are kept below.")
    snapshot = page.snapshot()
    composer = _composer(request, snapshot, posted_words(posted), _known(snapshot, found["incident"] or ""))
    try:
        post = _post(request, snapshot, composer, posted, actor)
        edition = page.publish(post)
    except RefusedError as error:
        return _show(request, snapshot, composer.refused(error.problems), problems=error.problems, status=422)
    number = edition.generation if edition else None
    context = {"generation": number, "page": parts_of(request).page_name, "public_url": parts_of(request).public_url}
    return render(parts_of(request), "without_database_done.html", status=200, context=context)


def may_publish_anyway(request: Request) -> bool:
    """Whether the browser proves somebody who may post, here where posting without the database is possible."""
    return parts_of(request).without_database is not None and _holder(request) is not None


def _admitted(request: Request) -> tuple[WithoutDatabase, Actor]:
    parts, actor = parts_of(request), _holder(request)
    if actor is None or parts.without_database is None:
        raise RefusedError(
            "This browser cannot prove who you are without the database. Publish by text, or from the machine itself."
        )
    if _works(parts.database):
        raise RefusedError("The database works. Publish as usual; your words are kept below.")
    return parts.without_database, actor


def _holder(request: Request) -> Actor | None:
    parts = parts_of(request)
    network = client_network(request)
    return holder(request, parts.vault, network, now=parts.clock(), secure=parts.secure_cookies)


def _works(database: Database) -> bool:
    """Whether a change can be committed: a full disk can be read and not written."""
    try:
        with database.transaction() as session:
            session.execute(text("UPDATE audit_head SET seq = seq"))
    except UnavailableError:
        return False
    return True


def _known(snapshot: PublicSnapshot, incident_id: str) -> Incident | None:
    if not incident_id:
        return None
    found = next((item for item in snapshot.incidents if item.id == incident_id), None)
    if found is None:
        raise NotFoundError("This incident is not on the page yet. Publish your words as a new one.")
    return found


def _composer(request: Request, snapshot: PublicSnapshot, words: Words, incident: Incident | None) -> Composer:
    now = parts_of(request).clock()
    return compose(words, snapshot.organisation, snapshot.components, snapshot.groups, now=now, incident=incident)


def _post(request: Request, snapshot: PublicSnapshot, composer: Composer, posted: Posted, actor: Actor) -> SpooledPost:
    """The post that the form means; the same form makes the same post, so that pressing twice publishes once."""
    now, zone = parts_of(request).clock(), snapshot.organisation.zone
    key = hashlib.sha256(f"{actor.account_id} {posted.text('key')} {posted.digest}".encode()).hexdigest()[:16]
    if composer.incident is not None:
        return SpooledPost(key, now, actor, draft_update(composer, zone), incident_id=composer.incident.id)
    draft = draft_incident(composer, zone)
    if draft.is_drill:
        raise RefusedError("A drill needs the database. Nothing was published.")
    return SpooledPost(key, now, actor, draft.first_update, new_id=f"s{key[:11]}", title=draft.title, kind=draft.kind)


def _show(
    request: Request,
    snapshot: PublicSnapshot,
    composer: Composer,
    *,
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    parts: Parts = parts_of(request)
    context = {
        "composer": composer,
        "words_typed": composer.words,
        "opened": snapshot.open_incidents,
        "problems": problems or {},
        "at": Clock(parts.clock(), snapshot.organisation.zone),
    }
    return render(parts, "without_database.html", status=status, context=context)
