"""cState sites, clean and dirty."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.commands.imported import ImportedChange, ImportedComponent, ImportedIncident, ImportedMaintenance
from app.domain.components import ComponentStatus
from app.domain.errors import RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.domain.severity import Impact, Kind, Severity
from app.importers.cstate import read_cstate, split_log
from app.importers.records import Skipped
from tests.importers.world import FIXTURES, NOW, read

SITE = FIXTURES / "cstate"
OPERATIONAL, MAJOR = ComponentStatus.OPERATIONAL, ComponentStatus.MAJOR_OUTAGE


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.fixture(scope="module")
def incidents() -> dict[str, ImportedIncident]:
    return read(read_cstate, SITE, ImportedIncident)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy that a test may break."""
    return Path(shutil.copytree(SITE, tmp_path / "site"))


def issue(site: Path, text: str) -> ImportedIncident:
    """What becomes of one issue with this text."""
    (site / "content/issues/it.md").write_text(text)
    return read(read_cstate, site, ImportedIncident)["it"]


def test_a_log_becomes_updates_oldest_first(incidents: dict[str, ImportedIncident]) -> None:
    updates = incidents["2026-01-05-lockers"].updates
    assert [(said.display_at, said.status, said.body) for said in updates] == [
        (utc(2026, 1, 5, 9), IncidentStatus.INVESTIGATING, "No locker opens."),
        (None, IncidentStatus.INVESTIGATING, "The fuse in the cellar is gone."),
        (
            utc(2026, 1, 5, 10, 15),
            IncidentStatus.INVESTIGATING,
            "An electrician is on the way, see https://news.orchard.example/fuse.",
        ),
        (utc(2026, 1, 5, 11, 30), IncidentStatus.RESOLVED, "A new fuse is in."),
    ]


def test_an_update_of_unknown_time_is_kept_after_the_one_before_it(incidents: dict[str, ImportedIncident]) -> None:
    lockers = incidents["2026-01-05-lockers"]
    assert lockers.updates[1].created_at == utc(2026, 1, 5, 9)
    assert lockers.defects == ("1 update does not say when.",)


def test_its_systems_are_down_from_start_to_end(incidents: dict[str, ImportedIncident]) -> None:
    lockers = incidents["2026-01-05-lockers"]
    assert [said.changes for said in lockers.updates] == [
        (ImportedChange("Lockers", "Lockers", OPERATIONAL, MAJOR),),
        (),
        (),
        (ImportedChange("Lockers", "Lockers", MAJOR, OPERATIONAL),),
    ]
    assert lockers.states == {"Lockers": OPERATIONAL}


def test_down_is_critical_and_only_high_for_a_single_system(incidents: dict[str, ImportedIncident]) -> None:
    one, three = incidents["2026-01-05-lockers"], incidents["2026-01-06-flood"]
    assert (one.severity, one.impact, one.urgency, one.kind) == (Severity.HIGH, Impact.MAJOR, None, Kind.OUTAGE)
    assert (three.severity, three.impact) == (Severity.CRITICAL, Impact.CRITICAL)


def test_a_stamp_without_a_zone_is_read_as_utc_and_an_end_before_the_start_is_moved(
    incidents: dict[str, ImportedIncident],
) -> None:
    flood = incidents["2026-01-06-flood"]
    assert (flood.started_at, flood.resolved_at) == (utc(2026, 1, 6, 9, 15), utc(2026, 1, 6, 9, 15))
    assert flood.defects == (
        "“Reading room” is not one of the site's systems.",
        "The time in “date” names no time zone; it was read as UTC.",
        "It was resolved before it started; its end was set to its start.",
        "1 update does not say when.",
    )


def test_a_zone_of_the_site_is_used_for_stamps_without_one(site: Path) -> None:
    config = site / "config.yml"
    config.write_text(f"timeZone: America/Chicago\n{config.read_text()}")
    flood = read(read_cstate, site, ImportedIncident)["2026-01-06-flood"]
    assert flood.started_at == utc(2026, 1, 6, 15, 15)
    assert not any("zone" in sentence for sentence in flood.defects)


def test_text_above_an_update_is_the_first_message(incidents: dict[str, ImportedIncident]) -> None:
    assert [said.body for said in incidents["2026-01-06-flood"].updates] == [
        "Water in the cellar.",
        "Pumps are running.",
    ]


def test_an_issue_without_text_or_sense_keeps_what_can_be_read(incidents: dict[str, ImportedIncident]) -> None:
    odd = incidents["2026-01-07-odd"]
    assert (odd.status, odd.resolved_at, odd.updates) == (IncidentStatus.INVESTIGATING, None, ())
    assert odd.defects == (
        "It names no component.",
        "“cosmic” is no severity of cState that we know.",
        "It has no text.",
    )


def test_resolved_without_saying_when_ends_where_it_began(incidents: dict[str, ImportedIncident]) -> None:
    doors = incidents["2026-01-09-crlf"]
    assert doors.resolved_at == doors.started_at
    assert "It does not say when it was resolved; its start was taken for that." in doors.defects


def test_windows_line_ends_and_html_become_plain_text(incidents: dict[str, ImportedIncident]) -> None:
    doors = incidents["2026-01-09-crlf"]
    assert doors.updates[0].body == "The doors stick.\nPush hard."
    assert "The file has the line ends of another system." in doors.defects
    assert "1 text was HTML and was made plain." in doors.defects


def test_planned_work_is_told_by_its_title_or_by_being_informational() -> None:
    found = read(read_cstate, SITE, ImportedMaintenance)
    done, planned = found["2026-01-08-maintenance"], found["2027-02-01-plan"]
    assert (done.status, done.started_at, done.completed_at) == (
        MaintenanceStatus.COMPLETED,
        utc(2026, 1, 8, 2),
        utc(2026, 1, 8, 4),
    )
    assert [(said.status, said.display_at) for said in done.updates] == [
        (MaintenanceStatus.SCHEDULED, utc(2026, 1, 8, 2)),
        (MaintenanceStatus.IN_PROGRESS, utc(2026, 1, 8, 3, 10)),
        (MaintenanceStatus.COMPLETED, utc(2026, 1, 8, 4)),
    ]
    assert (planned.status, planned.started_at, planned.completed_at) == (MaintenanceStatus.SCHEDULED, None, None)
    assert planned.defects == ("It does not say until when the work is planned.",)


def test_systems_are_live_and_other_names_are_history() -> None:
    found = read(read_cstate, SITE, ImportedComponent)
    assert found["Catalogue"] == ImportedComponent("Catalogue", "Catalogue", True, "Lending", "Search and reserve")
    assert found["Lockers"].group == ""
    assert found["Reading room"] == ImportedComponent("Reading room", "Reading room")


def test_an_issue_that_cannot_be_read_is_skipped_by_its_file_name(site: Path) -> None:
    latin = "---\ntitle: Café\ndate: 2026-01-09T10:00:00Z\n---\nText\n".encode("latin-1")
    (site / "content/issues/broken-latin1.md").write_bytes(latin)
    found = read(read_cstate, site, Skipped)
    assert {name: item.reason for name, item in found.items()} == {
        "broken-bare.md": "It has no front matter.",
        "broken-latin1.md": "“broken-latin1.md” is not UTF-8: see byte 15.",
        "broken-timeless.md": "It does not say when it started.",
        "broken-yaml.md": "“broken-yaml.md” is not YAML: see line 2, column 5.",
    }


def test_a_link_out_of_the_folder_is_not_followed(site: Path) -> None:
    secret = site.parent / "secret.md"
    secret.write_text("---\ntitle: Secret\ndate: 2026-01-01\n---\nText\n")
    (site / "content/issues/secret.md").symlink_to(secret)
    assert read(read_cstate, site, Skipped)["secret.md"].reason == "It is a link that leads out of the folder."
    assert "secret" not in read(read_cstate, site, ImportedIncident)


@pytest.mark.parametrize(
    ("log", "texts"),
    [
        ("[Initial message]\nA\n[Final message]\nB", ["A", "B"]),
        ("[Final message]\nB\n[Initial message]\nA", ["A", "B"]),
        ("See the notes.\n[Final]\nB\n[Initial]\nA", ["A\n\nSee the notes.", "B"]),
        ("[close issue]\nC\n\n[edit]\nB\n\n[Open Issue]\nA", ["A", "B", "C"]),
        ("Look at [Update notes](https://x.example) first", ["Look at [Update notes](https://x.example) first"]),
        ("[ci.example] is not a marker", ["[ci.example] is not a marker"]),
        ("", []),
    ],
)
def test_it_divides_a_log_at_the_lines_that_people_put_there(log: str, texts: list[str]) -> None:
    assert [message.text for message in split_log(log)] == texts


def test_a_title_may_be_a_number_and_a_system_may_stand_alone(site: Path) -> None:
    found = issue(site, "---\ntitle: 404\ndate: 2026-01-01\naffected: Lockers\n---\nText\n")
    assert (found.title, found.started_at, list(found.states)) == ("404", utc(2026, 1, 1), ["Lockers"])


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("- a\n- list\n", "is not the configuration of a cState site"),
        ("timeZone: Mars/Olympus\n", "“Mars/Olympus” in the configuration is not a time zone"),
        ("a: &x [1]\nb: *x\n", "YAML alias “x”"),
        ("title: {", "“config.yml” is not YAML"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(site: Path, config: str, sentence: str) -> None:
    (site / "config.yml").write_text(config)
    with pytest.raises(RefusedError, match=sentence):
        list(read_cstate(site, NOW))


def test_a_json_file_or_an_empty_folder_is_no_site(site: Path, tmp_path: Path) -> None:
    for path in (FIXTURES / "statuspage" / "incidents.json", tmp_path, FIXTURES / "upptime"):
        with pytest.raises(RefusedError, match="is not a cState site"):
            list(read_cstate(path, NOW))
    (site / "config.yml").unlink()
    with pytest.raises(RefusedError, match=r"it has no config\.yml"):
        list(read_cstate(site, NOW))
