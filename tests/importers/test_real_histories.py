"""Real histories that nobody here wrote: all of each arrives, twice with the same result.

The numbers were counted in the files by other means than the importers. The data is not part of
the repository: it is looked for at TEST_REAL_DATA, or in `shared/real` beside the checkout.
"""

import os
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.domain.history import component_days
from app.domain.incidents import downtime
from app.importers.registry import ImportSummary, run_import
from app.store.components import live_components
from app.store.incidents import incident_versions, incidents_by_id
from app.store.maintenance import maintenance_versions, maintenances_by_id
from app.store.session import Database
from tests.importers.world import NOW, events, rows

REAL = Path(os.environ.get("TEST_REAL_DATA") or Path(__file__).parents[3] / "shared" / "real")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not REAL.is_dir(), reason="no real histories: TEST_REAL_DATA is not set"),
]


def imported(database: Database, kind: str, folder: str) -> ImportSummary:
    return run_import(database, kind, REAL / folder, now=NOW)


def defects(database: Database) -> Counter[str]:
    """How many records have each defect, without its numbers and names."""
    with database.read() as session:
        records = [
            *incidents_by_id(session, list(incident_versions(session))).values(),
            *maintenances_by_id(session, list(maintenance_versions(session))).values(),
        ]
    plain = (re.sub(r"^[\d,]+ |“[^”]*” ", "", sentence) for record in records for sentence in record.defects)
    return Counter(plain)


@pytest.mark.parametrize(
    ("kind", "folder"), [("statuspage", "statuspage_native"), ("cstate", "jenkins_cstate"), ("upptime", "upptime")]
)
def test_every_real_history_imports_twice_with_the_same_result(database: Database, kind: str, folder: str) -> None:
    first = imported(database, kind, folder)
    before = rows(database)
    second = imported(database, kind, folder)
    assert rows(database) == before
    assert first.skipped == second.skipped == ()
    assert (second.components, second.created, second.changed, second.unchanged) == (0, 0, 0, first.created)
    assert events(database) == [("history_imported", {"source": kind, "incidents": first.created})]


def test_statuspage_arrives_whole(sqlite_database: Database) -> None:
    imported(sqlite_database, "statuspage", "statuspage_native")
    kept = rows(sqlite_database)
    assert (len(kept["incident"]), len(kept["incident_update"]), len(kept["maintenance"])) == (641, 1429, 0)
    with sqlite_database.read() as session:
        assert (len(live_components(session)), len(kept["component"])) == (12, 14)
    assert defects(sqlite_database) == {
        "update was entered long before or after the time it shows.": 419,
        "text was HTML and was made plain.": 416,
        "update does not say which components it changed.": 151,
        "updates do not say which components they changed.": 121,
        "It names no component.": 84,
        "update was edited after it was posted.": 12,
        "updates were edited after they were posted.": 7,
        "text had the line ends of another system.": 4,
        "It was over before it started; its end was set to its start.": 1,
    }


def test_no_text_of_statuspage_keeps_its_markup(sqlite_database: Database) -> None:
    imported(sqlite_database, "statuspage", "statuspage_native")
    with sqlite_database.read() as session:
        incidents = incidents_by_id(session, list(incident_versions(session))).values()
    texts = [update.body for incident in incidents for update in incident.updates]
    assert not [text for text in texts if re.search(r"</?(ul|li|strong|a)\b|\\r|\r|&amp;|&lt;", text)]
    assert all(text for text in texts)
    assert all(incident.resolved_at and downtime(incident, NOW).total_seconds() >= 0 for incident in incidents)


def test_cstate_arrives_whole(sqlite_database: Database) -> None:
    imported(sqlite_database, "cstate", "jenkins_cstate")
    kept = rows(sqlite_database)
    assert (len(kept["incident"]), len(kept["maintenance"])) == (180 - 51, 51)
    assert len(kept["incident_update"]) + len(kept["maintenance_update"]) == 302
    with sqlite_database.read() as session:
        assert (len(live_components(session)), len(kept["component"])) == (14, 65)
    assert defects(sqlite_database) == {
        "is not one of the site's systems.": 249,
        "The time in names no time zone; it was read as UTC.": 21,
        "update does not say when.": 9,
        "updates do not say when.": 2,
        "It was resolved before it started; its end was set to its start.": 6,
        "It names no component.": 3,
    }


def test_upptime_becomes_incidents(sqlite_database: Database) -> None:
    imported(sqlite_database, "upptime", "upptime")
    kept = rows(sqlite_database)
    assert (len(kept["incident"]), len(kept["incident_update"]), len(kept["component"])) == (25, 94, 18)
    found = defects(sqlite_database)
    assert found["services fell within moments of each other; taken as one common cause."] == 7
    assert found["Services fell 2 times with less than an hour between; kept as one incident."] == 3
    assert found["A check made no connection (code 0 in 0 ms), which may be a fault of the checker."] == 15


@pytest.mark.parametrize(
    ("slug", "on", "minutes"),
    [
        ("github", date(2026, 8, 15), 192),
        ("community-forum", date(2026, 8, 13), 53),
        ("manual-dev", date(2026, 8, 14), 77),
        ("facet-demo", date(2026, 8, 19), 46),
        ("playground", date(2026, 8, 20), 26),
        ("catalog-demo", date(2026, 8, 21), 29),
    ],
)
def test_days_have_the_minutes_that_upptime_counted_itself(
    sqlite_database: Database, slug: str, on: date, minutes: int
) -> None:
    """Its `dailyMinutesDown`, on days without the outages under 15 minutes that it leaves out."""
    imported(sqlite_database, "upptime", "upptime")
    with sqlite_database.read() as session:
        components = live_components(session)
        incidents = incidents_by_id(session, list(incident_versions(session))).values()
    found = component_days(components, incidents, [], now=datetime(2026, 8, 22, tzinfo=UTC), zone=ZoneInfo("UTC"))
    assert {day.on: round(day.unreachable / timedelta(minutes=1)) for day in found[slug]}[on] == minutes
