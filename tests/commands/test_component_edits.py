"""Components are added, reshaped, ordered, retired and brought back; a graph that cannot be is refused in words."""

import pytest
from sqlmodel import select

from app.commands.component_edits import (
    ComponentShape,
    create_component,
    create_group,
    move_component,
    move_group,
    remove_group,
    rename_group,
    reshape_component,
    restore_component,
    retire_component,
)
from app.commands.components import report_status
from app.commands.incidents import IncidentDraft, open_incident
from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.store.audit import AuditEntryRow
from app.store.components import component_groups, component_row, live_components, retired_components
from tests.commands.world import NOW, build, words


@pytest.fixture
def world(database):
    with database.transaction() as session:
        build(session)
    return database


def do(world, act, *args, **options):
    """One command in one transaction."""
    with world.transaction() as session:
        return act(session, *args, now=NOW, **options)


def slugs(world):
    """Components on the page, in order."""
    with world.read() as session:
        return [item.slug for item in live_components(session)]


def the(world, slug):
    """One component on the page."""
    with world.read() as session:
        return next(item for item in live_components(session) if item.slug == slug)


def refusal(world, act, *args, **options):
    """The sentences of a refusal."""
    with pytest.raises(RefusedError) as refused:
        do(world, act, *args, **options)
    return refused.value.problems


def test_it_adds_a_component_at_the_end_with_an_address_made_from_its_name(world):
    slug = do(world, create_component, ComponentShape("Búsqueda (nueva)", "signin", reached_via=["dashboard"]))
    assert slug == "busqueda"
    assert slugs(world)[-1] == slug
    assert (the(world, slug).group, the(world, slug).reached_via) == ("signin", ("dashboard",))


@pytest.mark.parametrize(("name", "slug"), [("Graph", "graph-2"), ("New", "new-2"), ("¿?", "component")])
def test_it_takes_no_address_of_the_console(world, name, slug):
    assert do(world, create_component, ComponentShape(name)) == slug


def test_it_changes_what_a_component_hangs_on_and_notes_who_did(world):
    do(world, reshape_component, "forms", ComponentShape("Forms", "signin", requires=["lockboxes"]))
    found = the(world, "forms")
    assert (found.name, found.requires, found.reached_via) == ("Forms", ("lockboxes",), ())
    with world.read() as session:
        row = [row for row in session.exec(select(AuditEntryRow)) if row.act == "component.reshaped"][-1]
    assert row.after["requires"] == ["lockboxes"]


@pytest.mark.parametrize(
    ("shape", "field", "words_"),
    [
        (ComponentShape(" "), "name", "Give the name"),
        (ComponentShape("x" * 121), "name", "121 characters"),
        (ComponentShape("lockboxes"), "name", "already a “lockboxes”"),
        (ComponentShape("Forms", requires=["nothing"]), "edges", "no other component “nothing”"),
        (ComponentShape("Forms", requires=["forms"]), "edges", "no other component “forms”"),
    ],
)
def test_it_refuses_a_shape_that_cannot_be(world, shape, field, words_):
    assert words_ in refusal(world, reshape_component, "forms", shape)[field]
    assert the(world, "forms").name == "Contract forms"


def test_it_refuses_a_circle_in_words(world):
    said = refusal(world, reshape_component, "dashboard", ComponentShape("Member dashboard", requires=["codes"]))
    assert "“Member dashboard” would stop with itself" in said["edges"]


def test_it_refuses_doors_that_lead_only_back(world):
    said = refusal(world, reshape_component, "dashboard", ComponentShape("Member dashboard", reached_via=["codes"]))
    assert "“Member dashboard” has no way in" in said["edges"]


def test_it_refuses_what_the_editor_has_not_seen(world):
    with world.read() as session:
        seen = component_row(session, "forms").version
    do(world, report_status, "forms", ComponentStatus.PARTIAL_OUTAGE)
    with pytest.raises(StaleVersionError):
        do(world, reshape_component, "forms", ComponentShape("Forms"), expected_version=seen)


def test_it_moves_a_component_within_its_group_and_stops_at_the_end(world):
    order = [slugs(world)]
    for step in (-1, -1, 1):
        do(world, move_component, "lockboxes", step)
        order.append(slugs(world))
    assert order == [
        ["dashboard", "codes", "forms", "lockboxes"],
        ["dashboard", "codes", "lockboxes", "forms"],
        ["dashboard", "lockboxes", "codes", "forms"],
        ["dashboard", "codes", "lockboxes", "forms"],
    ]
    do(world, move_component, "dashboard", 1)
    assert slugs(world)[0] == "dashboard"


def test_it_retires_and_brings_back_with_what_it_hung_on(world):
    do(world, retire_component, "forms")
    assert "forms" not in slugs(world)
    with world.read() as session:
        assert [slug for slug, _, _ in retired_components(session)] == ["forms"]
    with pytest.raises(NotFoundError):
        do(world, retire_component, "forms")
    do(world, restore_component, "forms")
    assert the(world, "forms").reached_via == ("dashboard",)


def test_it_does_not_retire_what_others_hang_on_or_what_is_failing(world):
    with pytest.raises(RefusedError, match="still hang on"):
        do(world, retire_component, "dashboard")
    failing = words(components={"lockboxes": ComponentStatus.MAJOR_OUTAGE})
    do(world, open_incident, IncidentDraft("Lockboxes down", failing))
    with pytest.raises(RefusedError, match="open incident"):
        do(world, retire_component, "lockboxes")


def test_it_looks_after_groups(world):
    do(world, create_group, "Showings")
    do(world, move_group, "showings", -1)
    do(world, rename_group, "showings", "Showings and keys")
    with world.read() as session:
        assert [(group.slug, group.name) for group in component_groups(session)] == [
            ("showings", "Showings and keys"),
            ("signin", "Signing in"),
        ]
    assert "already a “signing IN”" in refusal(world, create_group, "signing IN")["name"]
    with pytest.raises(RefusedError, match="still components"):
        do(world, remove_group, "signin")
    do(world, remove_group, "showings")
    with pytest.raises(NotFoundError):
        do(world, remove_group, "showings")
