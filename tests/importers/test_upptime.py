"""Upptime repositories: incidents out of check results."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.commands.imported import ImportedChange, ImportedComponent, ImportedIncident
from app.domain.components import ComponentStatus
from app.domain.errors import RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.severity import Impact, Severity
from app.importers.records import Skipped
from app.importers.upptime import read_upptime
from tests.importers.world import FIXTURES, NOW, read

REPOSITORY = FIXTURES / "upptime"
OPERATIONAL, DEGRADED, MAJOR = (
    ComponentStatus.OPERATIONAL,
    ComponentStatus.DEGRADED_PERFORMANCE,
    ComponentStatus.MAJOR_OUTAGE,
)
INVESTIGATING, RESOLVED = IncidentStatus.INVESTIGATING, IncidentStatus.RESOLVED
BEGAN = datetime(2026, 2, 1, 9, tzinfo=UTC)

CELLAR = "Catalogue 2026-02-01T09:00:00+00:00"
FLAPPING = "Newsletter 2026-02-02T10:00:00+00:00"


@pytest.fixture(scope="module")
def incidents() -> dict[str, ImportedIncident]:
    return read(read_upptime, REPOSITORY, ImportedIncident)


def incidents_of(tmp_path: Path, *results: tuple[float, str, str]) -> list[ImportedIncident]:
    """What follows from results given as (minutes, service, state)."""
    lines = (
        json.dumps({"at": (BEGAN + timedelta(minutes=minutes)).isoformat(), "service": service, "state": state})
        for minutes, service, state in results
    )
    (tmp_path / "events.jsonl").write_text("\n".join(lines))
    return list(read(read_upptime, tmp_path, ImportedIncident).values())


def test_services_that_fall_within_seconds_are_one_incident(incidents: dict[str, ImportedIncident]) -> None:
    cellar = incidents[CELLAR]
    assert cellar.title == "Catalogue and Lockers are down"
    assert (cellar.severity, cellar.impact, cellar.urgency) == (Severity.HIGH, Impact.MAJOR, None)
    assert (cellar.started_at, cellar.resolved_at) == (BEGAN, BEGAN + timedelta(minutes=30))
    assert cellar.defects == (
        "2 services fell within moments of each other; taken as one common cause.",
        "A check made no connection (code 0 in 0 ms), which may be a fault of the checker.",
    )


def test_every_fall_and_recovery_is_an_update_in_the_words_of_the_check(incidents: dict[str, ImportedIncident]) -> None:
    assert [(said.status, said.body) for said in incidents[CELLAR].updates] == [
        (INVESTIGATING, "Catalogue is down: no connection."),
        (INVESTIGATING, "Lockers is down (502 in 385 ms)."),
        (INVESTIGATING, "Lockers is up (200 in 200 ms)."),
        (RESOLVED, "Catalogue is up (200 in 300 ms)."),
    ]
    assert incidents[CELLAR].updates[2].changes == (ImportedChange("Lockers", "Lockers", MAJOR, OPERATIONAL),)


def test_a_service_that_flaps_reopens_one_incident(incidents: dict[str, ImportedIncident]) -> None:
    flapping = incidents[FLAPPING]
    assert [said.status for said in flapping.updates] == [INVESTIGATING, RESOLVED] * 3
    assert flapping.defects == ("Services fell 3 times with less than an hour between; kept as one incident.",)


def test_slow_is_less_than_down_and_an_open_trouble_stays_open(incidents: dict[str, ImportedIncident]) -> None:
    blog = incidents["Old blog 2026-02-03T10:00:00+00:00"]
    assert (blog.title, blog.severity, blog.status, blog.resolved_at) == (
        "Old blog is slow",
        Severity.MEDIUM,
        INVESTIGATING,
        None,
    )
    assert blog.states == {"Old blog": DEGRADED}
    assert blog.defects == ("“Old blog” is not one of the repository's services.",)


def test_nothing_else_follows_from_the_results(incidents: dict[str, ImportedIncident]) -> None:
    assert len(incidents) == 3


def test_results_that_cannot_be_read_are_skipped_by_line() -> None:
    found = read(read_upptime, REPOSITORY, Skipped)
    assert {name: item.reason for name, item in found.items()} == {
        "events.jsonl line 13": "It is not JSON.",
        "events.jsonl line 14": "It needs a time, a service, and a state that is up, down or degraded.",
        "events.jsonl line 15": "It is not a record.",
    }


def test_services_of_the_configuration_are_live() -> None:
    found = read(read_upptime, REPOSITORY, ImportedComponent)
    assert {name: item.is_live for name, item in found.items()} == {
        "Catalogue": True,
        "Lockers": True,
        "Newsletter": True,
        "Old blog": False,
    }


def test_a_fall_more_than_an_hour_after_recovery_is_a_new_incident(tmp_path: Path) -> None:
    found = incidents_of(tmp_path, (0, "A", "down"), (5, "A", "up"), (65, "A", "down"), (70, "A", "up"))
    assert [item.started_at for item in found] == [BEGAN, BEGAN + timedelta(minutes=65)]


def test_a_fall_half_a_minute_later_is_another_trouble(tmp_path: Path) -> None:
    assert len(incidents_of(tmp_path, (0, "A", "down"), (0.5, "B", "down"))) == 1
    assert len(incidents_of(tmp_path, (0, "A", "down"), (0.6, "B", "down"))) == 2


def test_a_service_that_flaps_for_days_is_not_one_endless_incident(tmp_path: Path) -> None:
    turns = [(30 * turn, "A", "down" if turn % 2 == 0 else "up") for turn in range(200)]
    found = incidents_of(tmp_path, *turns)
    assert len(found) == 5
    assert all(len(item.updates) <= 50 for item in found)


def test_results_in_any_order_give_the_same_incidents(tmp_path: Path) -> None:
    turns = [(0.0, "A", "down"), (0.2, "B", "down"), (9.0, "A", "up"), (11.0, "B", "degraded"), (12.0, "B", "up")]
    assert incidents_of(tmp_path, *turns) == incidents_of(tmp_path, *reversed(turns))


def test_without_results_nothing_is_invented(tmp_path: Path) -> None:
    repository = Path(shutil.copytree(REPOSITORY, tmp_path / "repository"))
    (repository / "events.jsonl").unlink()
    assert read(read_upptime, repository, ImportedIncident) == {}
    assert "how things are now" in read(read_upptime, repository, Skipped)["events.jsonl"].reason
    (repository / "upptimerc.yml").unlink()
    assert list(read(read_upptime, repository, ImportedComponent)) == ["Catalogue"]


def test_an_empty_folder_a_file_and_a_site_without_services_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, FIXTURES / "cstate", FIXTURES / "statuspage" / "incidents.json"):
        with pytest.raises(RefusedError, match="is not an Upptime repository"):
            list(read_upptime(path, NOW))
    repository = Path(shutil.copytree(REPOSITORY, tmp_path / "repository"))
    (repository / "upptimerc.yml").write_text("owner: nobody\n")
    with pytest.raises(RefusedError, match=r"“upptimerc\.yml” lists no sites"):
        list(read_upptime(repository, NOW))
