"""The graph of components drawn, and "what if this fails": what the page would say, and who would be told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.audience import touched_components
from app.domain.channels import Channel, Programme
from app.domain.components import Component, ComponentGroup, ComponentStatus
from app.domain.reach import WayIn, reach_of
from app.publish.language import Language
from app.publish.snapshot import PublicSnapshot
from app.publish.verdict import verdict
from app.publish.ways_in import WaysIn, ways_in
from app.publish.wording import password_hint
from app.store.components import component_groups, live_components
from app.store.progress import audience_counts
from app.web.admin.components.graph_drawing import drawing_of
from app.web.admin.components.standing import components_now
from app.web.admin.speak.composer import grouped
from app.web.auth import Reader
from app.web.visit import Visit

router = APIRouter(prefix="/admin/components")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What would follow if some components failed: the page's own sentence and lists, and who would be told."""

    components: tuple[Component, ...]
    ways: Mapping[str, WayIn]
    sentence: str
    lists: WaysIn
    told: Mapping[Channel, int]


@router.get("/graph")
def graph(visit: Reader) -> Response:
    """Every component and what hangs on what, as things stand now."""
    with visit.database.read() as session:
        listed = components_now(session)
    return visit.page("components/graph.html", drawing=drawing_of(listed), ways=reach_of(listed), components=listed)


@router.get("/what-if")
def what_if(visit: Reader) -> Response:
    """The four reach lists that would follow, were the components named `fails` down on a day when all else works."""
    asked = visit.request.query_params.getlist("fails")
    with visit.database.read() as session:
        listed, groups = live_components(session), component_groups(session)
        chosen = [item.slug for item in listed if item.slug in asked]
        failing = _failing(listed, chosen)
        touched = touched_components(failing, dict.fromkeys(chosen, ComponentStatus.MAJOR_OUTAGE))
        told = audience_counts(session, Programme.OUTAGES, sorted(touched)) if chosen else {}
    return visit.page(
        "components/what_if.html",
        groups=grouped(listed, groups),
        chosen=chosen,
        trouble=_trouble(visit, failing, groups, told) if chosen else None,
        drawing=drawing_of(failing),
        hint=lambda link: password_hint(link, Language("en", visit.zone)),
    )


def _failing(listed: Sequence[Component], chosen: Collection[str]) -> tuple[Component, ...]:
    return tuple(
        replace(item, status=ComponentStatus.MAJOR_OUTAGE if item.slug in chosen else ComponentStatus.OPERATIONAL)
        for item in listed
    )


def _trouble(
    visit: Visit, failing: tuple[Component, ...], groups: tuple[ComponentGroup, ...], told: Mapping[Channel, int]
) -> Trouble:
    """Read off by the functions that make the public page, so that it cannot say anything else."""
    language = Language("en", visit.zone)
    imagined = PublicSnapshot(
        visit.organisation, visit.parts.public_url, visit.now, groups, failing, incidents=(), maintenances=()
    )
    return Trouble(failing, imagined.ways, verdict(imagined, language).sentence, ways_in(imagined, language), told)
