"""Adding and reshaping components: what they are called, where they stand, and what they hang on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.component_edits import (
    DESCRIPTION_MOST,
    ComponentShape,
    create_component,
    reshape_component,
    restore_component,
    retire_component,
)
from app.domain.components import Component, ComponentGroup, Weight
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.store.components import component_groups, component_row, live_components
from app.web.admin.forms import Reading, member_of
from app.web.admin.submissions import publish_once
from app.web.auth import Editor
from app.web.posted import Posted, PostedForm, new_form_key
from app.web.visit import Visit

COMPONENTS = "/admin/components"

WEIGHTS = {Weight.LIGHT: "Little", Weight.USUAL: "The usual", Weight.HEAVY: "Very much"}

router = APIRouter(prefix="/admin/components")


class Hanging(StrEnum):
    """What one component has to do with another, as the form asks it."""

    NOT = "not"
    REQUIRES = "requires"
    REACHED_VIA = "reached_via"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class ShapeWords:
    """The form as it was filled in; `hanging` by the slug of the other component."""

    name: str = ""
    group: str = ""
    description: str = ""
    agents_say: str = ""
    unattended: bool = False
    weight: str = str(Weight.USUAL)
    hanging: Mapping[str, str] | None = None

    def hangs(self, slug: str) -> str:
        """What was chosen for that other component."""
        return (self.hanging or {}).get(slug, Hanging.NOT)


@router.get("/new")
def new_component(visit: Editor) -> Response:
    """An empty form."""
    return _page(visit, None, ShapeWords())


@router.post("")
def create(visit: Editor, posted: PostedForm) -> Response:
    """Add a component, once; or show the form again with what is missing."""
    words = _posted(posted)
    try:
        return visit.see_other(publish_once(visit, posted, partial(_create, visit, words)))
    except RefusedError as error:
        return _page(visit, None, words, problems=error.problems, status=422)


@router.get("/{slug}/shape")
def shape(visit: Editor, slug: str) -> Response:
    """The form with what is stored."""
    return _page(visit, slug, None)


@router.post("/{slug}/shape")
def save_shape(visit: Editor, slug: str, posted: PostedForm) -> Response:
    """Change the component, unless somebody else did meanwhile."""
    words = _posted(posted)
    try:
        with visit.transaction() as session:
            reshape_component(
                session, slug, _shape(words, visit), now=visit.now, expected_version=posted.number("version")
            )
    except RefusedError as error:
        return _page(visit, slug, words, problems=error.problems, status=422)
    except StaleVersionError as error:
        return _page(visit, slug, words, problems={"": str(error)}, status=409)
    return visit.see_other(f"{COMPONENTS}/{slug}?saved=shape")


@router.post("/{slug}/retirement")
def retire(visit: Editor, slug: str) -> Response:
    """Take the component off the page."""
    with visit.transaction() as session:
        retire_component(session, slug, now=visit.now)
    return visit.see_other(f"{COMPONENTS}/arrangement?saved=retired")


@router.post("/{slug}/restoration")
def restore(visit: Editor, slug: str) -> Response:
    """Bring a retired component back."""
    with visit.transaction() as session:
        restore_component(session, slug, now=visit.now)
    return visit.see_other(f"{COMPONENTS}/{slug}?saved=restored")


def _create(visit: Visit, words: ShapeWords, session: Session) -> str:
    slug = create_component(session, _shape(words, visit), now=visit.now)
    return f"{COMPONENTS}/{slug}?saved=created"


def _page(
    visit: Visit,
    slug: str | None,
    words: ShapeWords | None,
    *,
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    with visit.database.read() as session:
        listed, groups = live_components(session), component_groups(session)
        row = component_row(session, slug) if slug else None
    edited = next((item for item in listed if item.slug == slug), None)
    if slug and (edited is None or row is None):
        raise NotFoundError(f"There is no component “{slug[:40]}”.")
    return visit.page(
        "components/shape.html",
        status=status,
        component=edited,
        version=row.version if row else 0,
        said=words or (_stored(edited) if edited else ShapeWords()),
        stands=_in_words(edited, listed, groups) if edited and status == 409 else {},
        others=[item for item in listed if item.slug != slug],
        groups=groups,
        weights=WEIGHTS,
        problems=problems or {},
        key=new_form_key(),
    )


def _in_words(component: Component, listed: Sequence[Component], groups: Sequence[ComponentGroup]) -> dict[str, str]:
    """What is stored now, for whoever has to see it beside their own words."""
    names = {item.slug: item.short_name for item in listed}
    headings = {group.slug: group.name for group in groups}
    return {
        "Name": component.name,
        "Group": headings.get(component.group or "", "none"),
        "Stops with": ", ".join(names[slug] for slug in component.requires) or "nothing",
        "Reached through": ", ".join(names[slug] for slug in component.reached_via) or "nothing",
        "What it is": component.description or "nothing written",
        "What agents call it": component.agents_say or "nothing written",
        "Works without anybody signing in": "yes" if component.unattended else "no",
        "How much of the day hangs on it": WEIGHTS[component.weight],
    }


def _posted(posted: Posted) -> ShapeWords:
    return ShapeWords(
        name=posted.text("name"),
        group=posted.text("group"),
        description=posted.text("description"),
        agents_say=posted.text("agents_say"),
        unattended=posted.text("unattended") == "yes",
        weight=posted.text("weight") or str(Weight.USUAL),
        hanging={name.removeprefix("on-"): value for name, value in posted.pairs if name.startswith("on-")},
    )


def _stored(component: Component) -> ShapeWords:
    both = set(component.requires) & set(component.reached_via)
    hanging = dict.fromkeys(component.requires, Hanging.REQUIRES.value)
    hanging |= dict.fromkeys(component.reached_via, Hanging.REACHED_VIA.value)
    hanging |= dict.fromkeys(both, Hanging.BOTH.value)
    return ShapeWords(
        name=component.name,
        group=component.group or "",
        description=component.description,
        agents_say=component.agents_say,
        unattended=component.unattended,
        weight=str(component.weight),
        hanging=hanging,
    )


def _weight(words: ShapeWords, reading: Reading) -> Weight:
    found = next((weight for weight in Weight if str(weight) == words.weight), None)
    if found is None:
        reading.problems["weight"] = "Choose how much of a member's day hangs on it."
    return found or Weight.USUAL


def _shape(words: ShapeWords, visit: Visit) -> ComponentShape:
    reading = Reading(visit.zone)
    hanging = {slug: member_of(Hanging, value) for slug, value in (words.hanging or {}).items()}
    if None in hanging.values():
        reading.problems["edges"] = "Choose for every component what it has to do with this one."
    shape = ComponentShape(
        name=words.name,
        group=words.group,
        requires=[slug for slug, value in hanging.items() if value in (Hanging.REQUIRES, Hanging.BOTH)],
        reached_via=[slug for slug, value in hanging.items() if value in (Hanging.REACHED_VIA, Hanging.BOTH)],
        unattended=words.unattended,
        weight=_weight(words, reading),
        description=reading.short("description", words.description, most=DESCRIPTION_MOST),
        agents_say=reading.short("agents_say", words.agents_say, most=DESCRIPTION_MOST),
    )
    reading.refuse()
    return shape
