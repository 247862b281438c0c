"""Reach reproduces the demo's cascades and keeps its laws on any graph (R32, R33)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.domain.components import AuthMode, Component, ComponentStatus, DirectLink
from app.domain.errors import RefusedError
from app.domain.reach import Reach, WayIn, check_graph, reach_of

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
DEMO = yaml.safe_load((Path(__file__).parents[2] / "demo" / "harbor-pines.yaml").read_text(encoding="utf-8"))
OTHER = yaml.safe_load(Path(__file__).with_name("cedar-fork.yaml").read_text(encoding="utf-8"))
WORDS = {
    "stopped": Reach.STOPPED,
    "running_but_locked_out": Reach.LOCKED_OUT,
    "use_another_door": Reach.ANOTHER_DOOR,
    "unaffected": Reach.WORKING,
}
OPENNESS = [Reach.STOPPED, Reach.LOCKED_OUT, Reach.ANOTHER_DOOR, Reach.WORKING]


def component(slug: str, **fields: object) -> Component:
    return Component(id=slug, slug=slug, name=slug, position=0, created_at=MOMENT, updated_at=MOMENT, **fields)  # type: ignore[arg-type]


def door(mode: AuthMode = AuthMode.OWN_PASSWORD) -> DirectLink:
    return DirectLink(url="https://door.example", auth_mode=mode, verified_on=date(2026, 10, 6))


def components_of(organisation: Mapping[str, Any]) -> list[Component]:
    return [
        component(
            entry["key"],
            requires=tuple(entry["requires"]),
            reached_via=tuple(entry["reached_via"]),
            unattended=entry.get("unattended", False),
            direct_link=DirectLink(entry["direct"]["url"], AuthMode(entry["direct"]["auth_mode"])),
        )
        for entry in organisation["components"]
    ]


def by_its_cascades(organisation: Mapping[str, Any]) -> pytest.MarkDecorator:
    cascades = organisation["expected_cascades"]
    return pytest.mark.parametrize("expected", cascades, ids=lambda cascade: "+".join(cascade["when_down"]))


def assert_reproduced(organisation: Mapping[str, Any], expected: Mapping[str, list[str]]) -> None:
    ways = reach_of(components_of(organisation), expected["when_down"])
    found = {word: sorted(slug for slug, way in ways.items() if way.reach is reach) for word, reach in WORDS.items()}
    assert found == {word: sorted(expected[word]) for word in WORDS}


@by_its_cascades(DEMO)
def test_r32_it_reproduces_the_cascades_of_the_demo_organisation(expected: dict[str, list[str]]) -> None:
    assert_reproduced(DEMO, expected)


@by_its_cascades(OTHER)
def test_r33_the_opposite_facts_of_another_mls_give_the_opposite_answers(expected: dict[str, list[str]]) -> None:
    assert_reproduced(OTHER, expected)


def test_a_link_that_loops_back_to_the_dashboard_is_never_a_door() -> None:
    shut = [
        component("dashboard"),
        component("search", reached_via=("dashboard",), direct_link=door(AuthMode.SSO_ONLY)),
    ]
    assert reach_of(shut, {"dashboard"})["search"] == WayIn(Reach.LOCKED_OUT)


def test_a_component_with_several_doors_is_shut_only_when_all_are() -> None:
    graph = [component("a"), component("b"), component("tax", reached_via=("a", "b"), direct_link=door())]
    assert reach_of(graph, {"a"})["tax"].reach is Reach.WORKING
    assert reach_of(graph, {"a", "b"})["tax"].reach is Reach.ANOTHER_DOOR


def test_what_lies_behind_another_door_is_reached_by_that_door() -> None:
    graph = [
        component("dashboard"),
        component("forms", reached_via=("dashboard",), direct_link=door()),
        component("archive", reached_via=("forms",)),
    ]
    assert reach_of(graph, {"dashboard"})["archive"] == WayIn(Reach.ANOTHER_DOOR, door(), "forms")


def test_a_service_that_nobody_signs_in_to_works_while_its_door_is_shut() -> None:
    graph = [component("search"), component("alerts", reached_via=("search",), unattended=True)]
    assert reach_of(graph, {"search"})["alerts"].reach is Reach.WORKING


def test_planned_work_closes_a_component_like_an_outage() -> None:
    graph = [component("search", status=ComponentStatus.UNDER_MAINTENANCE), component("input", requires=("search",))]
    assert {way.reach for way in reach_of(graph).values()} == {Reach.STOPPED}


def test_a_door_to_nothing_is_ignored() -> None:
    assert reach_of([component("a", reached_via=("ghost",))])["a"].reach is Reach.WORKING


def test_it_refuses_an_edge_to_nothing_in_words() -> None:
    with pytest.raises(RefusedError, match="“ghost”, which is not a component"):
        check_graph([component("a", requires=("ghost",))])


def test_it_refuses_components_that_lead_only_to_each_other() -> None:
    with pytest.raises(RefusedError, match="no way in"):
        check_graph([component("a", reached_via=("b",)), component("b", reached_via=("a",))])


SLUGS = [f"c{number}" for number in range(7)]
LINKS = st.sampled_from([DirectLink(), door(), door(AuthMode.SSO_ONLY), door(AuthMode.EMAIL_LINK)])


@st.composite
def graphs(draw: st.DrawFn) -> list[Component]:
    """Any graph at all: cycles, self-loops and doors to nothing included."""
    edges = st.lists(st.sampled_from([*SLUGS, "ghost"]), max_size=3, unique=True).map(tuple)
    return [
        component(
            slug,
            requires=draw(edges),
            reached_via=draw(edges),
            direct_link=draw(LINKS),
            unattended=draw(st.booleans()),
        )
        for slug in SLUGS
    ]


DOWN = st.sets(st.sampled_from(SLUGS))


@given(graphs(), DOWN)
def test_every_component_gets_exactly_one_answer_on_any_graph(graph: list[Component], down: set[str]) -> None:
    assert reach_of(graph, down).keys() == set(SLUGS)


@given(graphs(), DOWN)
def test_an_offered_door_has_an_address_and_never_loops_back(graph: list[Component], down: set[str]) -> None:
    for way in reach_of(graph, down).values():
        assert (way.link is not None) == (way.reach is Reach.ANOTHER_DOOR)
        assert way.link is None or way.link.is_door


@given(graphs(), DOWN, st.sampled_from(SLUGS), st.sampled_from(SLUGS))
def test_adding_a_door_never_makes_anything_less_reachable(
    graph: list[Component], down: set[str], which: str, leads_from: str
) -> None:
    """A second door: a component without any is its own front door, which no door replaces."""

    def widened(item: Component) -> Component:
        has_a_door = any(slug in SLUGS for slug in item.reached_via)
        return replace(item, reached_via=(*item.reached_via, leads_from)) if item.slug == which and has_a_door else item

    assert_nothing_lost(graph, [widened(item) for item in graph], down)


@given(graphs(), DOWN, st.sampled_from(SLUGS))
def test_adding_a_direct_link_never_makes_anything_less_reachable(
    graph: list[Component], down: set[str], which: str
) -> None:
    linked = [replace(item, direct_link=door()) if item.slug == which else item for item in graph]
    assert_nothing_lost(graph, linked, down)


@given(graphs(), DOWN, st.sampled_from(SLUGS))
def test_one_more_failure_never_opens_anything(graph: list[Component], down: set[str], also: str) -> None:
    assert_nothing_lost(graph, graph, down | {also}, down)


def assert_nothing_lost(
    before: list[Component], after: list[Component], down: set[str], down_after: set[str] | None = None
) -> None:
    first, second = reach_of(before, down), reach_of(after, down if down_after is None else down_after)
    for slug in SLUGS:
        assert OPENNESS.index(second[slug].reach) >= OPENNESS.index(first[slug].reach)
