"""A whole import: read first, taken in by batches, told once."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.domain.errors import RefusedError
from app.importers.records import Skipped
from app.importers.registry import BATCH, IMPORTERS, ImportSummary, run_import
from app.store.incidents import IncidentRow
from app.store.session import Database
from tests.importers.world import FIXTURES, NOW, events, rows

KINDS = sorted(IMPORTERS)


def numbered(tmp_path: Path, count: int, *, title: str = "Trouble") -> Path:
    """A Statuspage document with that many incidents."""
    path = tmp_path / "incidents.json"
    stamps = [(NOW - timedelta(days=number)).isoformat() for number in range(1, count + 1)]
    listed = [
        {
            "id": f"id{number}",
            "name": title,
            "status": "resolved",
            "impact": "none",
            "created_at": at,
            "resolved_at": at,
        }
        for number, at in enumerate(stamps)
    ]
    path.write_text(json.dumps({"incidents": listed}))
    return path


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("statuspage", (3, 9, 4)),
        ("cstate", (3, 6, 3)),
        ("upptime", (4, 3, 3)),
    ],
)
def test_it_takes_in_a_whole_folder(database: Database, kind: str, expected: tuple[int, int, int]) -> None:
    summary = run_import(database, kind, FIXTURES / kind, now=NOW)
    assert (summary.components, summary.created, len(summary.skipped)) == expected
    assert (summary.source, summary.changed, summary.unchanged) == (kind, 0, 0)
    kept = rows(database)
    assert len(kept["incident"]) + len(kept["maintenance"]) == summary.created
    assert summary.defects > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_time_changes_no_row_and_tells_nobody(database: Database, kind: str) -> None:
    first = run_import(database, kind, FIXTURES / kind, now=NOW)
    before = rows(database)
    second = run_import(database, kind, FIXTURES / kind, now=NOW + timedelta(days=3))
    assert rows(database) == before
    assert (second.components, second.created, second.changed) == (0, 0, 0)
    assert (second.unchanged, second.defects) == (first.created, first.defects)
    assert events(database) == [("history_imported", {"source": kind, "incidents": first.created})]


def test_all_kinds_live_together(database: Database) -> None:
    created = sum(run_import(database, kind, FIXTURES / kind, now=NOW).created for kind in KINDS)
    kept = rows(database)
    assert len(kept["incident"]) + len(kept["maintenance"]) == created
    assert [name for name, _ in events(database)] == ["history_imported"] * 3


def test_many_records_go_in_by_batches_and_are_told_once(database: Database, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    path = numbered(tmp_path, 2 * BATCH + 1)
    summary = run_import(
        database, "statuspage", path, now=NOW, on_progress=lambda done, total: steps.append((done, total))
    )
    assert steps == [(BATCH, 201), (2 * BATCH, 201), (201, 201)]
    assert summary.created == 201
    assert events(database) == [("history_imported", {"source": "statuspage", "incidents": 201})]


def test_numbers_grow_with_time(sqlite_database: Database, tmp_path: Path) -> None:
    run_import(sqlite_database, "statuspage", numbered(tmp_path, 12), now=NOW)
    with sqlite_database.read() as session:
        moments = session.exec(select(IncidentRow.started_at).order_by(col(IncidentRow.number))).all()
    assert moments == sorted(moments)
    assert len(moments) == 12


def test_only_components_are_told_as_well(sqlite_database: Database, tmp_path: Path) -> None:
    shutil.copy(FIXTURES / "statuspage" / "components.json", tmp_path)
    summary = run_import(sqlite_database, "statuspage", tmp_path, now=NOW)
    assert (summary.components, summary.created) == (2, 0)
    assert events(sqlite_database) == [("history_imported", {"source": "statuspage", "incidents": 0})]


def test_a_record_that_changed_upstream_is_counted_as_changed(sqlite_database: Database, tmp_path: Path) -> None:
    run_import(sqlite_database, "statuspage", numbered(tmp_path, 3), now=NOW)
    summary = run_import(sqlite_database, "statuspage", numbered(tmp_path, 3, title="Trouble explained"), now=NOW)
    assert (summary.created, summary.changed, summary.unchanged) == (0, 3, 0)
    assert events(sqlite_database)[-1] == ("history_imported", {"source": "statuspage", "incidents": 3})


def test_skipped_records_are_listed_with_their_reason(sqlite_database: Database) -> None:
    summary = run_import(sqlite_database, "cstate", FIXTURES / "cstate", now=NOW)
    assert isinstance(summary, ImportSummary)
    assert Skipped("broken-bare.md", "It has no front matter.") in summary.skipped


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("statuspage", "incidents.json", b'{"incidents": ['),
        ("statuspage", "incidents.json", b"\xff\xfe\x00"),
        ("statuspage", "incidents.json", b""),
        ("cstate", "config.yml", b"title: ["),
        ("upptime", "upptimerc.yml", b"sites: 7"),
        ("upptime", "events.jsonl", b"\xe9\n"),
    ],
)
def test_a_malformed_file_leaves_nothing_behind(
    sqlite_database: Database, tmp_path: Path, kind: str, name: str, content: bytes
) -> None:
    folder = Path(shutil.copytree(FIXTURES / kind, tmp_path / "copy"))
    (folder / name).write_bytes(content)
    before = rows(sqlite_database)
    with pytest.raises(RefusedError, match=f"“{name}”"):
        run_import(sqlite_database, kind, folder, now=NOW)
    assert rows(sqlite_database) == before
    assert events(sqlite_database) == []


def test_an_unknown_kind_and_a_missing_path_are_refused_in_words(sqlite_database: Database, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="There is no importer “fax”; there are cstate, statuspage, upptime"):
        run_import(sqlite_database, "fax", tmp_path, now=NOW)
    with pytest.raises(RefusedError, match="There is nothing at"):
        run_import(sqlite_database, "cstate", tmp_path / "nowhere", now=NOW)
