"""The drawn graph puts what fails before what fails with it, and loses nobody."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.layers import Edge, EdgeKind, edges_of, layers_of
from app.web.admin.components.graph_drawing import NODE_HEIGHT, NODE_WIDTH, drawing_of, name_lines
from tests.domain.test_reach import DEMO, component, components_of

SLUGS = [f"c{number}" for number in range(9)]


@st.composite
def graphs(draw, *, circles):
    """Components that hang on any other, or only on earlier ones."""
    made = []
    for at, slug in enumerate(SLUGS):
        others = [other for other in SLUGS if other != slug] if circles else SLUGS[:at]
        some = st.lists(st.sampled_from(others), unique=True, max_size=3) if others else st.just([])
        made.append(component(slug, requires=tuple(draw(some)), reached_via=tuple(draw(some))))
    return made


def at_work(components):
    """The layer of each slug."""
    layers = layers_of([item.slug for item in components], edges_of(components))
    return {slug: depth for depth, layer in enumerate(layers) for slug in layer}


@given(graphs(circles=True))
def test_it_draws_everybody_once_whatever_runs_in_circles(components):
    assert sorted(at_work(components)) == SLUGS
    drawing = drawing_of(components)
    assert [node.component.slug for node in drawing.nodes] == SLUGS
    assert len(drawing.lines) == len(edges_of(components))


@given(graphs(circles=False))
def test_it_puts_causes_before_their_followers(components):
    depth = at_work(components)
    assert all(depth[edge.cause] < depth[edge.follower] for edge in edges_of(components))


@given(graphs(circles=True))
def test_no_two_components_overlap_and_all_stand_inside(components):
    drawing = drawing_of(components)
    for one, other in combinations(drawing.nodes, 2):
        assert abs(one.x - other.x) >= NODE_WIDTH or abs(one.y - other.y) >= NODE_HEIGHT
    for node in drawing.nodes:
        assert 0 <= node.x <= drawing.width - NODE_WIDTH
        assert 0 <= node.y <= drawing.height - NODE_HEIGHT


def test_it_draws_one_line_where_one_both_requires_another_and_is_reached_through_it():
    edges = edges_of([component("a"), component("b", requires=("a",), reached_via=("a", "gone"))])
    assert edges == [Edge("a", "b", EdgeKind.REQUIRES)]


def test_it_draws_the_demo_in_three_columns_with_the_loners_beneath():
    drawing = drawing_of(components_of(DEMO))
    columns = {node.component.slug: node.x for node in drawing.nodes}
    assert columns["sso-dashboard"] < columns["mls-search"] < columns["listing-input"]
    assert drawing.alone_y is not None
    loners = {node.component.slug for node in drawing.nodes if node.y >= drawing.alone_y}
    assert loners == {"idx-feeds", "lockboxes", "member-email", "help-desk"}


def test_it_draws_nothing_of_nothing():
    assert drawing_of([]).nodes == ()


def test_it_breaks_a_name_into_two_lines_that_fit():
    assert name_lines("Member dashboard") == ("Member dashboard",)
    assert name_lines("MLS search and listing details") == ("MLS search and", "listing details")
    assert all(len(line) <= 17 for line in name_lines("Listing photos and virtual tours of every open house"))
    assert name_lines("Supercalifragilisticexpialidocious")[0].startswith("Supercali")
