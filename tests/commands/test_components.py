"""Components, their graph and their links: saved whole or not at all."""

import pytest

from app.commands.components import ComponentDraft, report_status, save_components, save_direct_link, save_groups
from app.domain.components import AuthMode, ComponentStatus, DirectLink
from app.domain.errors import NotFoundError, RefusedError
from app.store.components import component_groups, live_components
from app.store.session import Database
from tests.commands.world import NOW, build


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
    return database


def test_what_is_saved_is_what_is_read(world: Database) -> None:
    with world.read() as session:
        by_slug = {item.slug: item for item in live_components(session)}
        assert [group.name for group in component_groups(session)] == ["Signing in"]
    assert by_slug["codes"].requires == ("dashboard",)
    assert by_slug["forms"].direct_link == DirectLink("https://forms.example", AuthMode.OWN_PASSWORD)
    assert by_slug["dashboard"].group == "signin"


def test_saving_again_keeps_ids_and_replaces_edges(world: Database) -> None:
    with world.read() as session:
        before = {item.slug: item.id for item in live_components(session)}
    with world.transaction() as session:
        save_components(session, [ComponentDraft("forms", "Forms", requires=("lockboxes",))], now=NOW)
    with world.read() as session:
        forms = next(item for item in live_components(session) if item.slug == "forms")
    assert forms.id == before["forms"]
    assert (forms.name, forms.requires, forms.reached_via) == ("Forms", ("lockboxes",), ())


@pytest.mark.parametrize(
    "drafts",
    [
        [ComponentDraft("x", "X", requires=("ghost",))],
        [ComponentDraft("x", "X", reached_via=("y",)), ComponentDraft("y", "Y", reached_via=("x",))],
    ],
    ids=["edge to nothing", "no way in"],
)
def test_a_graph_that_cannot_be_true_changes_nothing(world: Database, drafts: list[ComponentDraft]) -> None:
    with pytest.raises(RefusedError), world.transaction() as session:
        save_components(session, drafts, now=NOW)
    with world.read() as session:
        assert len(live_components(session)) == 4


def test_a_direct_link_must_be_https(world: Database) -> None:
    with pytest.raises(RefusedError, match="https://"), world.transaction() as session:
        save_direct_link(session, "forms", DirectLink("javascript:alert(1)", AuthMode.OWN_PASSWORD), now=NOW)
    with pytest.raises(RefusedError, match="address"), world.transaction() as session:
        save_direct_link(session, "forms", DirectLink(None, AuthMode.OWN_PASSWORD), now=NOW)


def test_a_reported_status_counts_until_something_worse_is_said(world: Database) -> None:
    with world.transaction() as session:
        report_status(session, "forms", ComponentStatus.PARTIAL_OUTAGE, now=NOW)
    with world.read() as session:
        plain = {item.slug: item.status for item in live_components(session)}
        worse = {item.slug: item.status for item in live_components(session, {"forms": ComponentStatus.MAJOR_OUTAGE})}
        better = {item.slug: item.status for item in live_components(session, {"forms": ComponentStatus.OPERATIONAL})}
    assert plain["forms"] is better["forms"] is ComponentStatus.PARTIAL_OUTAGE
    assert worse["forms"] is ComponentStatus.MAJOR_OUTAGE


def test_an_unknown_component_is_named(world: Database) -> None:
    with pytest.raises(NotFoundError, match="“ghost”"), world.transaction() as session:
        report_status(session, "ghost", ComponentStatus.OPERATIONAL, now=NOW)
    with pytest.raises(NotFoundError, match="“ghost”"), world.transaction() as session:
        save_direct_link(session, "ghost", DirectLink(), now=NOW)


def test_groups_keep_the_order_in_which_they_are_given(world: Database) -> None:
    with world.transaction() as session:
        save_groups(session, [("new", "New", {}), ("signin", "Sign-in", {})], now=NOW)
    with world.read() as session:
        assert [group.name for group in component_groups(session)] == ["New", "Sign-in"]
