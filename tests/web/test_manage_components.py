"""Components, groups and uptime through the Manage API."""

import pytest

from app.store.components import component_row
from tests.web.programs import ManagedSite, Program


@pytest.fixture
def site(database):
    """The API over a small MLS, on SQLite and on PostgreSQL."""
    return ManagedSite(database)


@pytest.fixture
def program(site) -> Program:
    """A program that may do everything."""
    return site.program()


def test_it_lists_components_and_groups_as_one_flat_list(program):
    listed = program.get("/components").json()
    assert [item["name"] for item in listed if item["group"]] == ["Signing in"]
    assert len(listed) == 5
    assert {item["automation_email"] for item in listed} == {None}
    assert program.get("/components?per_page=2&page=3").json() == listed[4:]


def test_it_creates_changes_and_retires_a_component(site, program):
    group = program.get("/component-groups").json()[0]["id"]
    given = {"name": "Tax records", "description": "Parcels.", "group_id": group, "showcase": "f"}
    made = program.post("/components", {"component": given | {"start_date": "2026-01-02"}})
    assert made.status_code == 201, made.text
    component = made.json()
    assert (component["group_id"], component["showcase"], component["start_date"]) == (group, False, "2026-01-02")
    path = f"/components/{component['id']}"
    changed = program.patch(path, {"component": {"status": "degraded_performance", "group_id": ""}}).json()
    assert (changed["status"], changed["group_id"], changed["name"]) == ("degraded_performance", None, "Tax records")
    assert program.put(path, {"component": {"status": "operational"}}).json()["status"] == "operational"
    gone = program.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert program.get(path).status_code == 404
    with site.database.read() as session:
        assert component_row(session, "tax-records").retired_at == site.time()


def test_it_keeps_ways_in_and_dependencies_when_a_name_changes(site, program):
    ids = site.ids()
    program.patch(f"/components/{ids['codes']}", {"component": {"name": "Codes"}})
    program.patch(f"/components/{ids['dashboard']}", {"component": {"status": "major_outage"}})
    reach = {item["name"]: item.get("reach") for item in program.get("/components").json()}
    assert (reach["Codes"], reach["Contract forms"], reach["Lockboxes"]) == ("stopped", "another_door", "working")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "name"),
        ({"name": "Lockboxes"}, "name"),
        ({"name": "New", "status": "on fire"}, "status"),
        ({"name": "New", "group_id": "nosuchthing1"}, "group_id"),
        ({"name": "New", "description": "x" * 5_000}, "description"),
        ({"name": "New", "start_date": "yesterday"}, "start_date"),
        ({"name": 7}, "name"),
    ],
)
def test_it_refuses_a_component_that_cannot_be(program, fields, field):
    answer = program.post("/components", {"component": fields})
    assert (answer.status_code, list(answer.json()["problems"])) == (422, [field])


def test_it_does_not_take_away_what_others_hang_on(site, program):
    answer = program.delete(f"/components/{site.ids()['dashboard']}")
    assert (answer.status_code, "still hang on" in answer.json()["message"]) == (422, True)


def test_it_makes_fills_and_dissolves_groups(site, program):
    ids = site.ids()
    made = program.post("/component-groups", {"component_group": {"name": "Field", "components": [ids["lockboxes"]]}})
    assert (made.status_code, made.json()["components"]) == (201, [ids["lockboxes"]])
    path = f"/component-groups/{made.json()['id']}"
    changed = program.patch(path, {"component_group": {"name": "In the field", "components": [ids["forms"]]}}).json()
    assert (changed["name"], changed["components"]) == ("In the field", [ids["forms"]])
    assert program.get(path).json() == changed
    assert program.delete(path).json()["id"] == changed["id"]
    assert program.get(path).status_code == 404
    assert program.get(f"/components/{ids['forms']}").json()["group_id"] is None


def test_it_reckons_uptime_from_what_incidents_said(site, program):
    ids = site.ids()
    states = {ids["lockboxes"]: "major_outage"}
    incident = program.post("/incidents", {"incident": {"name": "Lockboxes are down", "components": states}}).json()
    path = f"/incidents/{incident['id']}"
    site.time.pass_by(hours=1)
    program.patch(path, {"incident": {"components": {ids["lockboxes"]: "partial_outage"}, "body": "Some work again."}})
    site.time.pass_by(hours=2)
    program.patch(path, {"incident": {"status": "resolved"}})
    site.time.pass_by(hours=7)
    asked = f"/components/{ids['lockboxes']}/uptime?start=2026-04-05T02:50:00Z&end=2026-04-05T12:50:00Z"
    found = program.get(asked).json()
    assert (found["major_outage"], found["partial_outage"]) == (3_600, 7_200)
    assert found["uptime_percentage"] == 84.0  # an hour whole and two at three tenths, of ten
    assert found["related_events"] == {"incidents": [incident["id"]]}
    assert "related_events" not in program.get(f"{asked}&skip_related_events=true").json()
    assert program.get(f"/components/{ids['forms']}/uptime").json()["uptime_percentage"] == 100.0
    backwards = program.get(f"/components/{ids['forms']}/uptime?start=2026-05-05&end=2026-05-01")
    assert (backwards.status_code, list(backwards.json()["problems"])) == (422, ["start"])


def test_it_tells_of_the_one_page(program):
    page = program.get("/v1/pages.json").json()
    assert [item["id"] for item in page] == ["kctbh9vrtdwd"]
    assert program.get("/v1/pages/kctbh9vrtdwd").json()["time_zone"] == "America/Chicago"
