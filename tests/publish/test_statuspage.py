"""API v2 is what existing clients expect: keys, order, types, limits, as recorded from the vendor."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from app.domain.components import ComponentStatus
from app.domain.incidents import Headings, Incident
from app.publish.snapshot import PublicSnapshot
from app.publish.statuspage import LIMIT, statuspage_parts
from tests.publish.snapshots import EASTER, demo_components, demo_snapshot, identity, rendered, snapshot_with

HERE = Path(__file__).parent
OURS = {"reach", "direct_link", "next_update_at"}

SHAPES = {
    "summary": "summary",
    "status": "status",
    "components": "components",
    "incidents": "incidents",
    "incidents/unresolved": "incidents",
    "scheduled-maintenances": "scheduled-maintenances",
    "scheduled-maintenances/upcoming": "scheduled-maintenances",
    "scheduled-maintenances/active": "scheduled-maintenances",
}
"""The schema of each document."""

MOMENTS = {
    "a quiet day": demo_snapshot(),
    "the Easter outage": demo_snapshot(outage=True),
    "planned work ahead": demo_snapshot(at=datetime(2025, 10, 30, 12, tzinfo=UTC)),
    "planned work going on": demo_snapshot(at=datetime(2025, 11, 2, 6, tzinfo=UTC)),
    "a security incident": demo_snapshot(at=datetime(2025, 8, 20, 18, tzinfo=UTC)),
    "nothing ever happened": snapshot_with(demo_components()),
    "no components": snapshot_with(()),
}


def document(snapshot: PublicSnapshot, name: str) -> dict[str, Any]:
    found = {source.path: source.body for source in rendered(statuspage_parts, snapshot)}
    return json.loads(found[f"/api/v2/{name}.json"])


def validator(name: str) -> Draft202012Validator:
    definitions = json.loads((HERE / "schemas" / "definitions.json").read_text(encoding="utf-8"))
    registry = Registry().with_resource("definitions.json", Resource.from_contents(definitions))
    schema = json.loads((HERE / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())


def recorded(name: str) -> dict[str, Any]:
    return json.loads((HERE / "recorded" / f"{name}.json").read_text(encoding="utf-8"))


def vendors_keys(ours: dict[str, Any]) -> list[str]:
    """The keys without our extra ones, which stand at the end."""
    keys = list(ours)
    extra = [key for key in keys if key in OURS]
    assert keys[len(keys) - len(extra) :] == extra
    return keys[: len(keys) - len(extra)]


def posted(number: int, created_at: datetime) -> Incident:
    """An incident of its own, copied from the demo."""
    sample = demo_snapshot().incidents[0]
    return replace(sample, id=identity("posted", number), number=number, created_at=created_at)


@pytest.mark.parametrize("name", ["incidents", "components"])
def test_it_measures_with_schemas_that_the_vendors_own_documents_pass(name: str):
    assert list(validator(name).iter_errors(recorded(name))) == []


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", SHAPES)
def test_it_passes_the_schema(name: str, moment: str):
    assert list(validator(SHAPES[name]).iter_errors(document(MOMENTS[moment], name))) == []


def test_it_would_notice_a_time_with_six_fraction_digits():
    wrong = document(demo_snapshot(outage=True), "incidents")
    wrong["incidents"][0]["started_at"] = "2026-04-05T02:42:00.000000Z"
    assert list(validator("incidents").iter_errors(wrong))


def test_it_keeps_the_vendors_keys_in_the_vendors_order():
    incidents, components = recorded("incidents"), recorded("components")
    ours = document(demo_snapshot(outage=True), "incidents")
    incident, theirs = ours["incidents"][0], incidents["incidents"][0]
    update = incident["incident_updates"][0]
    assert list(ours["page"]) == list(incidents["page"])
    assert vendors_keys(incident) == list(theirs)
    assert vendors_keys(update) == list(theirs["incident_updates"][0])
    assert list(update["affected_components"][0]) == list(theirs["incident_updates"][0]["affected_components"][0])
    assert vendors_keys(incident["components"][0]) == list(components["components"][0])


def test_it_gives_a_group_one_key_more():
    flat = document(demo_snapshot(), "components")["components"]
    group = next(item for item in flat if item["group"])
    assert list(group) == [*recorded("components")["components"][0], "components"]
    assert group["components"] == [item["id"] for item in flat if item["group_id"] == group["id"]]


def test_it_adds_the_window_to_planned_work():
    work = document(demo_snapshot(), "scheduled-maintenances")["scheduled_maintenances"][0]
    assert vendors_keys(work)[-3:] == ["reminder_intervals", "scheduled_for", "scheduled_until"]
    assert (work["impact"], work["started_at"]) == ("maintenance", work["created_at"])


def test_it_orders_the_keys_of_the_summary():
    assert list(document(demo_snapshot(), "summary")) == [
        "page",
        "components",
        "incidents",
        "scheduled_maintenances",
        "status",
    ]


def test_it_lists_components_by_position_counted_below_each_parent():
    flat = document(demo_snapshot(), "components")["components"]
    by_parent: dict[str | None, list[int]] = {}
    for item in flat:
        by_parent.setdefault(item["group_id"], []).append(item["position"])
    assert [item["position"] for item in flat] == sorted(item["position"] for item in flat)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_parent.values())
    assert len(by_parent[None]) == 6


def test_it_gives_a_group_the_worst_status_of_its_members():
    flat = document(demo_snapshot(outage=True), "components")["components"]
    assert {item["name"]: item["status"] for item in flat if item["group"]}["Signing in"] == "major_outage"


def test_it_shows_reach_and_the_way_around():
    flat = document(demo_snapshot(outage=True), "components")["components"]
    shown = {item["name"]: (item["reach"], item["direct_link"]) for item in flat if not item["group"]}
    link = {"url": "https://signin.quillforms.example", "auth_mode": "own_password", "verified_on": "2026-10-06"}
    assert shown["Contract forms"] == ("another_door", link)
    assert shown["MLS search and listing details"] == ("locked_out", None)
    assert shown["Electronic lockboxes"][0] == "working"


def test_it_tells_the_promise_while_the_incident_is_open():
    opened = document(demo_snapshot(outage=True), "incidents/unresolved")["incidents"][0]
    assert opened["next_update_at"] == "2026-04-05T03:30:00.000Z"
    assert document(demo_snapshot(), "incidents")["incidents"][0]["next_update_at"] is None


def test_it_composes_the_body_from_the_headings():
    body = document(demo_snapshot(outage=True), "incidents")["incidents"][0]["incident_updates"][0]["body"]
    paragraphs = body.split("\n\n")
    assert paragraphs[0].startswith("It is not just you")
    assert [paragraph.partition(":")[0] for paragraph in paragraphs[1:]] == [
        "What happened",
        "What we are doing",
        "What is affected",
        "How to reach what works",
    ]


def test_it_says_nothing_twice_when_the_text_became_a_heading():
    snapshot = demo_snapshot(outage=True)
    opened = snapshot.open_incidents[0]
    said = replace(opened.updates[0], headings=Headings(what_happened=opened.updates[0].body))
    ours = document(snapshot_with(snapshot.components, [replace(opened, updates=(said,))]), "incidents")
    assert ours["incidents"][0]["incident_updates"][0]["body"] == f"What happened: {said.body}"


def test_it_lists_updates_newest_first_and_links_to_the_page():
    incident = document(demo_snapshot(), "incidents")["incidents"][0]
    moments = [update["display_at"] for update in incident["incident_updates"]]
    assert moments == sorted(moments, reverse=True)
    assert incident["shortlink"] == f"https://hpmls-status.example/incidents/{incident['id']}"


def test_it_says_null_where_no_component_changed():
    bare = replace(demo_snapshot().incidents[0].updates[0], changes=())
    incident = replace(demo_snapshot().incidents[0], updates=(bare,))
    update = document(snapshot_with((), [incident]), "incidents")["incidents"][0]["incident_updates"][0]
    assert update["affected_components"] is None


def test_it_dates_an_update_of_unknown_time_by_when_we_learned_of_it():
    undated = replace(demo_snapshot().incidents[0].updates[0], display_at=None)
    incident = replace(demo_snapshot().incidents[0], updates=(undated,))
    update = document(snapshot_with((), [incident]), "incidents")["incidents"][0]["incident_updates"][0]
    assert update["display_at"] == update["created_at"]


def test_it_never_leaves_an_incident_without_an_update():
    silent = replace(demo_snapshot().incidents[0], updates=())
    incident = document(snapshot_with((), [silent]), "incidents")["incidents"][0]
    assert [update["body"] for update in incident["incident_updates"]] == [silent.title]


def test_it_lists_the_fifty_newest_incidents_and_no_planned_work():
    many = [posted(number, EASTER + timedelta(hours=number)) for number in range(60)]
    listed = document(snapshot_with((), many, demo_snapshot().maintenances), "incidents")["incidents"]
    assert [item["id"] for item in listed] == [incident.id for incident in reversed(many)][:LIMIT]


def test_it_tells_upcoming_from_active_work():
    ahead, going = MOMENTS["planned work ahead"], MOMENTS["planned work going on"]
    for snapshot, upcoming, active in ((ahead, 1, 0), (going, 0, 1)):
        found = {
            name: document(snapshot, f"scheduled-maintenances/{name}")["scheduled_maintenances"]
            for name in ("upcoming", "active")
        }
        assert (len(found["upcoming"]), len(found["active"])) == (upcoming, active)
        assert document(snapshot, "summary")["scheduled_maintenances"] == found["upcoming"] + found["active"]


def test_it_dates_a_component_by_its_last_change():
    flat = document(demo_snapshot(outage=True), "components")["components"]
    changed = {item["name"]: item["updated_at"] for item in flat}
    assert changed["Member dashboard (single sign-on)"] == "2026-04-05T02:50:00.000Z"
    assert changed["Contract forms"] == "2025-01-06T15:00:00.000Z"


def test_it_is_not_changed_by_the_clock_alone():
    earlier, later = demo_snapshot(), demo_snapshot()
    later = replace(later, as_of=later.as_of + timedelta(hours=5))
    assert [part.inputs for part in statuspage_parts(earlier)] == [part.inputs for part in statuspage_parts(later)]


@pytest.mark.parametrize("text", ["\x00\x1b[31m", "\ud800", "</script>", "\u202e\u2028", "\U0001f6a8"])
def test_it_survives_any_character(text: str):
    incident = replace(demo_snapshot().incidents[0], title=f"Down {text}")
    ours = document(snapshot_with(demo_components(showings=ComponentStatus.MAJOR_OUTAGE), [incident]), "incidents")
    assert ours["incidents"][0]["name"].startswith("Down ")
