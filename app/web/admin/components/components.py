"""Components: what members can reach now, the direct links, and the words for when one fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.components import ComponentWords, report_status, save_direct_link, save_words
from app.domain.components import AuthMode, Component, ComponentStatus, DirectLink
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.proofs import overdue_proofs, proof_of
from app.domain.reach import reach_of
from app.store.components import component_groups, component_row, live_components
from app.web.admin.components.standing import components_now
from app.web.admin.forms import Reading
from app.web.admin.speak.composer import grouped
from app.web.auth import Editor, Reader
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit
from app.web.wording import WORDS

COMPONENTS = "/admin/components"
TEXT_MOST = 2_000
ADDRESS_MOST = 500

router = APIRouter(prefix=COMPONENTS)


@dataclass(frozen=True, slots=True)
class LinkWords:
    """The form of a direct link as raw text."""

    url: str
    auth_mode: str
    verified_on: str
    first_time: str
    note: str
    app: str


@router.get("")
def components(visit: Reader) -> Response:
    """Every component with its reach now and the age of its link's proof."""
    with visit.database.read() as session:
        listed = components_now(session)
        groups = component_groups(session)
    today = _today(visit)
    return visit.page(
        "components/index.html",
        groups=grouped(listed, groups),
        ways=reach_of(listed),
        proofs={item.slug: proof_of(item.direct_link, today) for item in listed},
        overdue=overdue_proofs(listed, today, visit.organisation.prove_within_days),
    )


@router.get("/{slug}")
def component_page(visit: Reader, slug: str) -> Response:
    """One component: its link, its words and what it reports."""
    return _page(visit, slug)


@router.post("/{slug}/direct-link")
def save_link(visit: Editor, slug: str, posted: PostedForm) -> Response:
    """Replace the direct link."""
    words = _posted_link(posted)
    try:
        link = _link(words, visit)
        with visit.transaction() as session:
            save_direct_link(session, slug, link, now=visit.now, expected_version=posted.number("version"))
    except RefusedError as error:
        return _page(visit, slug, link=words, problems=error.problems)
    except StaleVersionError as error:
        return _page(visit, slug, link=words, stale=error)
    return visit.see_other(f"{COMPONENTS}/{slug}?saved=link")


@router.post("/{slug}/proof")
def prove(visit: Editor, slug: str) -> Response:
    """Note that a person tried the link today and got in."""
    with visit.transaction() as session:
        component = _component(live_components(session), slug)
        if not component.direct_link.is_door:
            raise RefusedError(f"{component.short_name} has no direct sign-in to prove.")
        link = replace(component.direct_link, verified_on=_today(visit))
        save_direct_link(session, slug, link, now=visit.now)
    return visit.see_other(f"{COMPONENTS}/{slug}?saved=proof")


@router.post("/{slug}/words")
def save_texts(visit: Editor, slug: str, posted: PostedForm) -> Response:
    """Replace what members are told when this component fails."""
    words = _posted_words(posted)
    try:
        _check_words(words, visit)
        with visit.transaction() as session:
            save_words(session, slug, words, now=visit.now, expected_version=posted.number("version"))
    except RefusedError as error:
        return _page(visit, slug, words=words, problems=error.problems)
    except StaleVersionError as error:
        return _page(visit, slug, words=words, stale=error)
    return visit.see_other(f"{COMPONENTS}/{slug}?saved=words")


@router.post("/{slug}/status")
def save_status(visit: Editor, slug: str, posted: PostedForm) -> Response:
    """Set what the component reports of itself, apart from any incident."""
    reading = Reading(visit.zone)
    status = reading.member("reported", posted.text("reported"), ComponentStatus)
    if status is None:
        problems = {"reported": "Choose how it is."} | reading.problems
        return _page(visit, slug, problems=problems)
    with visit.transaction() as session:
        report_status(session, slug, status, now=visit.now)
    return visit.see_other(f"{COMPONENTS}/{slug}?saved=status")


def _page(
    visit: Visit,
    slug: str,
    *,
    link: LinkWords | None = None,
    words: ComponentWords | None = None,
    problems: Mapping[str, str] | None = None,
    stale: StaleVersionError | None = None,
) -> Response:
    with visit.database.read() as session:
        row = component_row(session, slug)
        listed = components_now(session)
    component = _component(listed, slug)
    return visit.page(
        "components/show.html",
        status=409 if stale else 422 if problems else 200,
        component=component,
        version=row.version if row else 0,
        reported=ComponentStatus(row.reported_status) if row else component.status,
        leads=[item.slug for item in listed if slug in (*item.requires, *item.reached_via)],
        stands=_in_words(component) if stale else {},
        way=reach_of(listed)[slug],
        proof=proof_of(component.direct_link, _today(visit)),
        link=link or _stored_link(component.direct_link),
        said=words or _stored_words(component),
        problems={"": str(stale)} if stale else problems or {},
        today=_today(visit).isoformat(),
        names={item.slug: item.short_name for item in listed},
        saved=visit.request.query_params.get("saved", ""),
    )


def _in_words(component: Component) -> dict[str, str]:
    """What is stored now, for whoever has to see it beside their own words."""
    link = component.direct_link
    return {
        "Address": link.url or "",
        "Members sign in with": WORDS[link.auth_mode],
        "Last proved on": link.verified_on.isoformat() if link.verified_on else "",
        "Help for a first visit": link.first_time,
        "Phone app": link.app,
        "Note": link.note,
        "What to do instead": component.workaround,
        "What members cannot do": component.cannot_do,
        "What they still can": component.still_can,
        "Telephone": component.phone_support,
    }


def _component(listed: Sequence[Component], slug: str) -> Component:
    found = next((item for item in listed if item.slug == slug), None)
    if found is None:
        raise NotFoundError(f"There is no component “{slug[:40]}”.")
    return found


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.zone).date()


def _posted_link(posted: Posted) -> LinkWords:
    return LinkWords(
        url=posted.text("url"),
        auth_mode=posted.text("auth_mode"),
        verified_on=posted.text("verified_on"),
        first_time=posted.text("first_time"),
        note=posted.text("note"),
        app=posted.text("app"),
    )


def _stored_link(link: DirectLink) -> LinkWords:
    return LinkWords(
        url=link.url or "",
        auth_mode=link.auth_mode,
        verified_on=link.verified_on.isoformat() if link.verified_on else "",
        first_time=link.first_time,
        note=link.note,
        app=link.app,
    )


def _link(words: LinkWords, visit: Visit) -> DirectLink:
    reading = Reading(visit.zone)
    mode = reading.member("auth_mode", words.auth_mode, AuthMode)
    if mode is None:
        reading.problems.setdefault("auth_mode", "Say what members sign in with.")
    verified_on = reading.day("verified_on", words.verified_on)
    if verified_on and verified_on > _today(visit):
        reading.problems["verified_on"] = "This day has not come yet; give the day somebody last got in."
    link = DirectLink(
        url=reading.web_address("url", reading.short("url", words.url, most=ADDRESS_MOST)),
        auth_mode=mode or AuthMode.NONE,
        verified_on=verified_on,
        first_time=reading.short("first_time", words.first_time, most=TEXT_MOST),
        note=reading.short("note", words.note, most=TEXT_MOST),
        app=reading.short("app", words.app, most=TEXT_MOST),
    )
    reading.refuse()
    return link


def _posted_words(posted: Posted) -> ComponentWords:
    return ComponentWords(
        workaround=posted.text("workaround"),
        cannot_do=posted.text("cannot_do"),
        still_can=posted.text("still_can"),
        phone_support=posted.text("phone_support"),
    )


def _stored_words(component: Component) -> ComponentWords:
    return ComponentWords(
        workaround=component.workaround,
        cannot_do=component.cannot_do,
        still_can=component.still_can,
        phone_support=component.phone_support,
    )


def _check_words(words: ComponentWords, visit: Visit) -> None:
    reading = Reading(visit.zone)
    for name in ("workaround", "cannot_do", "still_can", "phone_support"):
        reading.short(name, getattr(words, name), most=TEXT_MOST)
    reading.refuse()
