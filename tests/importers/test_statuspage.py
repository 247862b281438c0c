"""Statuspage's documents, clean and dirty."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.commands.imported import ImportedChange, ImportedComponent, ImportedIncident, ImportedMaintenance
from app.domain.components import ComponentStatus
from app.domain.errors import RefusedError
from app.domain.incidents import BODY_LIMIT, TITLE_LIMIT, IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.domain.severity import Impact, Severity
from app.importers.records import Skipped
from app.importers.statuspage import read_statuspage
from tests.importers.world import FIXTURES, NOW, read

FOLDER = FIXTURES / "statuspage"
OPERATIONAL, PARTIAL, MAJOR = ComponentStatus.OPERATIONAL, ComponentStatus.PARTIAL_OUTAGE, ComponentStatus.MAJOR_OUTAGE


@pytest.fixture(scope="module")
def incidents() -> dict[str, ImportedIncident]:
    return read(read_statuspage, FOLDER, ImportedIncident)


def single(tmp_path: Path, **fields: Any) -> ImportedIncident:
    """What becomes of one incident with these fields."""
    given = {
        "id": "one",
        "name": "Trouble",
        "status": "investigating",
        "impact": "minor",
        "created_at": "2026-03-01T09:00:00Z",
        "updated_at": "2026-03-01T09:00:00Z",
        "started_at": "2026-03-01T09:00:00Z",
        "incident_updates": [],
        "components": [],
    }
    path = tmp_path / "incidents.json"
    path.write_text(json.dumps({"incidents": [given | fields]}))
    return read(read_statuspage, path, ImportedIncident)["one"]


def update(**fields: Any) -> dict[str, Any]:
    stamp = "2026-03-01T09:10:00Z"
    given = {"id": "u", "status": "investigating", "body": "Words.", "affected_components": []}
    return given | {"created_at": stamp, "updated_at": stamp, "display_at": stamp} | fields


def test_a_clean_open_incident_arrives_whole(incidents: dict[str, ImportedIncident]) -> None:
    clean = incidents["clean0000001"]
    assert (clean.title, clean.status, clean.impact) == (
        "Lockers do not open",
        IncidentStatus.INVESTIGATING,
        Impact.MAJOR,
    )
    assert (clean.severity, clean.urgency) == (Severity.HIGH, None)
    assert clean.started_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert clean.resolved_at is None
    assert clean.states == {"lockers00001": MAJOR}
    assert [said.body for said in clean.updates] == ["We are looking.", "A fuse in the cellar."]
    assert clean.updates[1].changes == (ImportedChange("lockers00001", "Pick-up lockers", PARTIAL, MAJOR),)
    assert clean.defects == ()


def test_components_of_a_document_are_live_and_those_of_history_are_not() -> None:
    found = read(read_statuspage, FOLDER, ImportedComponent)
    assert found["catalogue001"] == ImportedComponent(
        "catalogue001", "Catalogue", True, "Lending", "Search and reserve", start_on=date(2024, 5, 6)
    )
    assert found["lockers00001"] == ImportedComponent(
        "lockers00001", "Pick-up lockers", True, showcase=False, only_show_if_degraded=True
    )
    assert found["boiler000001"] == ImportedComponent("boiler000001", "Boiler")
    assert "group0000001" not in found


def test_an_end_before_the_start_becomes_the_start(incidents: dict[str, ImportedIncident]) -> None:
    backwards = incidents["backwards001"]
    assert backwards.resolved_at == backwards.started_at
    assert "It was over before it started; its end was set to its start." in backwards.defects


def test_html_and_foreign_line_ends_become_plain_text(incidents: dict[str, ImportedIncident]) -> None:
    backwards = incidents["backwards001"]
    assert backwards.updates[0].body == (
        "- 12:02 - It is slow & we know.\nMore here (https://news.orchard.example/1)\n- 12:30 - Quick again."
    )
    assert "1 text was HTML and was made plain." in backwards.defects
    assert "1 text had the line ends of another system." in backwards.defects


def test_an_edited_update_is_noted(incidents: dict[str, ImportedIncident]) -> None:
    assert "1 update was edited after it was posted." in incidents["backwards001"].defects
    assert incidents["backwards001"].updates[0].updated_at == datetime(2026, 2, 11, 8, tzinfo=UTC)


def test_back_filled_updates_stand_at_the_time_they_show(incidents: dict[str, ImportedIncident]) -> None:
    backfilled = incidents["backfilled01"]
    assert backfilled.updates[0].display_at == datetime(2019, 7, 4, 19, tzinfo=UTC)
    assert backfilled.defects == (
        "1 update was entered long before or after the time it shows.",
        "1 update does not say which components it changed.",
        "It names no component.",
    )


def test_of_two_copies_in_one_file_the_newer_is_kept(incidents: dict[str, ImportedIncident]) -> None:
    twice = incidents["twice0000001"]
    assert (twice.status, len(twice.updates)) == (IncidentStatus.RESOLVED, 2)
    assert twice.defects[0] == "It stands twice in one file; the one that was changed last was kept."


def test_a_reopened_incident_keeps_its_course(incidents: dict[str, ImportedIncident]) -> None:
    statuses = [said.status for said in incidents["reopened0001"].updates]
    assert statuses == [IncidentStatus.RESOLVED, IncidentStatus.INVESTIGATING, IncidentStatus.RESOLVED]
    assert incidents["reopened0001"].states == {"boiler000001": OPERATIONAL}


def test_a_record_full_of_nonsense_keeps_what_can_be_read(incidents: dict[str, ImportedIncident]) -> None:
    odd = incidents["odd000000001"]
    assert (odd.title, odd.status, odd.impact) == ("Untitled", IncidentStatus.INVESTIGATING, Impact.NONE)
    assert odd.started_at == datetime(2026, 2, 1, 10, tzinfo=UTC)
    (said,) = odd.updates
    assert (said.external_id, said.body, said.display_at, said.created_at) == ("number 1", "17", None, odd.started_at)
    assert said.changes == (ImportedChange("catalogue001", "Catalogue", OPERATIONAL, PARTIAL),)
    assert set(odd.defects) == {
        "It has no title.",
        "“on_fire” is no status of an incident that we know.",
        "“terrible” is no impact that we know.",
        "“fine” is no component status that we know.",
        "Not all of “incident_updates” could be read.",
        "Not all of “affected_components” could be read.",
        "The time in “created_at” names no time zone; it was read as UTC.",
        "The time in “updated_at” cannot be read.",
        "1 update does not say when.",
    }


def test_an_incident_without_updates_or_end_ends_where_it_began(incidents: dict[str, ImportedIncident]) -> None:
    endless = incidents["endless00001"]
    assert (endless.updates, endless.resolved_at) == ((), endless.started_at)
    assert "It has no updates." in endless.defects
    assert "It does not say when it was over; its last update was taken for that." in endless.defects


def test_records_without_id_time_or_shape_are_skipped_by_name() -> None:
    found = read(read_statuspage, FOLDER, Skipped)
    assert {name: item.reason for name, item in found.items()} == {
        "incidents 9": "It has no id.",
        "incidents 11": "It is not a record.",
        "component “nameless0001”": "It has no id or no name.",
        "incident “Nobody knows when”": "It does not say when it started.",
    }


def test_planned_work_is_told_from_incidents(incidents: dict[str, ImportedIncident]) -> None:
    found = read(read_statuspage, FOLDER, ImportedMaintenance)
    finished, upcoming = found["finished0001"], found["upcoming0001"]
    assert finished.status is MaintenanceStatus.COMPLETED
    assert finished.scheduled_until == datetime(2026, 2, 14, 4, tzinfo=UTC)
    assert finished.started_at == datetime(2026, 2, 14, 2, 5, tzinfo=UTC)
    assert finished.completed_at == datetime(2026, 2, 14, 4, 30, tzinfo=UTC)
    assert (upcoming.status, upcoming.started_at) == (MaintenanceStatus.SCHEDULED, None)
    assert "It has no planned end after its start; the start was taken for both." in upcoming.defects
    assert not found.keys() & incidents.keys()


def test_an_endless_text_and_title_are_cut(tmp_path: Path) -> None:
    long = single(
        tmp_path, name="T" * 300, incident_updates=[update(body="b" * 26_000), update(id="v", body="c" * 90_000)]
    )
    assert len(long.title) == TITLE_LIMIT
    assert [len(said.body) for said in long.updates] == [BODY_LIMIT, BODY_LIMIT]
    assert "2 texts were longer than 25,000 characters and were cut." in long.defects
    assert "Its title was longer than 200 characters and was cut." in long.defects


def test_the_same_update_twice_is_kept_once(tmp_path: Path) -> None:
    found = single(tmp_path, incident_updates=[update(), update()])
    assert len(found.updates) == 1
    assert "1 update stood there twice." in found.defects


@pytest.mark.parametrize("stamp", ["2026-03-01T08:00:00-01:00", "2026-03-01 09:00:00 UTC", "2026-03-01T9:00:00.000Z"])
def test_times_are_read_in_every_common_spelling(tmp_path: Path, stamp: str) -> None:
    found = single(tmp_path, started_at=stamp)
    assert found.started_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert found.defects == ("It has no updates.", "It names no component.")


@pytest.mark.parametrize(
    "stamp",
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-13-01", "2026-03-01T09:00:00+99:00", 1e308, [], {"a": 1}],
)
def test_times_that_nobody_could_mean_are_noted(tmp_path: Path, stamp: object) -> None:
    found = single(tmp_path, started_at=stamp)
    assert found.started_at == found.created_at
    assert "The time in “started_at” cannot be read." in found.defects


def test_a_bare_list_is_taken_for_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps(json.loads((FOLDER / "incidents.json").read_text())["incidents"]))
    assert "clean0000001" in read(read_statuspage, path, ImportedIncident)


def test_an_incident_in_two_documents_is_taken_from_where_it_was_changed_last(tmp_path: Path) -> None:
    old, new = (
        {"id": "one", "name": name, "status": "investigating", "impact": "none", "created_at": at, "updated_at": at}
        for name, at in (("Old", "2026-01-01T00:00:00Z"), ("New", "2026-01-02T00:00:00Z"))
    )
    (tmp_path / "summary.json").write_text(json.dumps({"incidents": [new], "components": []}))
    (tmp_path / "incidents.json").write_text(json.dumps({"incidents": [old]}))
    found = read(read_statuspage, tmp_path, ImportedIncident)["one"]
    assert found.title == "New"
    assert not any("twice" in sentence for sentence in found.defects)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"incidents": {}}', "its “incidents” is not a list"),
        ('{"weather": []}', "it has no components, incidents list"),
        ('"just words"', "not a Statuspage document"),
        ('{"incidents": [}', "line 1, column 16"),
        ("[" * 100_000, "nesting"),
        ('{"incidents": [' + "9" * 5_000 + "]}", "numbers"),
    ],
)
def test_what_is_no_such_document_is_refused_with_its_name(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "incidents.json"
    path.write_text(content)
    with pytest.raises(RefusedError, match=r"“incidents\.json”") as refused:
        list(read_statuspage(path, NOW))
    assert sentence in str(refused.value)


def test_a_folder_without_any_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"There is no components\.json"):
        list(read_statuspage(tmp_path, NOW))
