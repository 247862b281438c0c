"""The demo's roster: exactly its two gaps, whatever week it is loaded in, and addresses that nobody can read."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.commands.accounts import add_account
from app.commands.coverage import gap_in_words, special_days_ahead, tend_coverage
from app.domain.accounts import Role
from app.domain.coverage import HORIZON, coverage_gaps
from app.domain.roster import Roster
from app.importers.demo import load_demo
from app.importers.demo_file import read_demo
from app.store.organisation import the_organisation
from app.store.roster import person_rows, the_roster
from app.store.session import Database
from app.store.staff_messages import owed_staff_messages
from tests.commands.sign_ups import VAULT

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
"""Noon on the file's own day."""

COVERED = ("incident_commander", "comms_lead", "comms_backup", "operations_manager")


@pytest.fixture
def demo(database: Database) -> Database:
    load_demo(database, VAULT, now=NOW)
    return database


def roster(database: Database, now: datetime = NOW) -> Roster:
    with database.read() as session:
        return the_roster(session, now)


def name(database: Database, role: str, at: datetime) -> str:
    person = roster(database).on_duty(role, at)
    return person.name if person else "nobody"


def test_it_has_exactly_the_two_gaps_that_the_file_expects(demo: Database) -> None:
    found = [(gap.roles, gap.starts_at, gap.ends_at) for gap in coverage_gaps(roster(demo), NOW, NOW + HORIZON)]
    wanted = [
        (COVERED if gap["role"] == "all" else (gap["role"],), gap["from"], gap["to"])
        for gap in read_demo()["oncall"]["expected_coverage_gaps"]
    ]
    assert found == wanted


def test_it_says_in_words_what_a_gap_touches(demo: Database) -> None:
    with demo.read() as session:
        organisation = the_organisation(session)
        special = special_days_ahead(session, organisation, NOW)
        found = [
            gap_in_words(gap, roster(demo), organisation, special, NOW)
            for gap in coverage_gaps(roster(demo), NOW, NOW + HORIZON)
        ]
    assert found == [
        "Communications lead: nobody from Fri, Dec 25, 12:00 AM to Sat, Dec 26, 12:00 AM (Christmas Day, nights)",
        "Every role: nobody from Mon, Dec 28, 8:00 AM on "
        "(New Year's Day, Martin Luther King Jr. Day, weekend, nights, office hours)",
    ]


def test_it_knows_who_is_on_duty_who_is_next_and_who_swapped(demo: Database) -> None:
    assert name(demo, "comms_lead", NOW) == "Tess Marchetti"
    person, at = roster(demo).next_on_duty("comms_lead", NOW) or (None, None)
    assert person is not None
    assert (person.name, at) == ("Dev Ramaswamy", datetime(2026, 11, 23, 14, tzinfo=UTC))
    thanksgiving = datetime(2026, 11, 26, 12, tzinfo=CHICAGO)
    assert [name(demo, "comms_lead", thanksgiving + timedelta(days=day)) for day in (-1, 0, 1)] == [
        "Dev Ramaswamy",
        "Tess Marchetti",
        "Dev Ramaswamy",
    ]


def test_an_empty_christmas_falls_to_the_backup_then_the_commander_then_the_executive(demo: Database) -> None:
    christmas = datetime(2026, 12, 25, 12, tzinfo=CHICAGO)
    found = [(item.person.name, item.via) for item in roster(demo).answering("comms_lead", christmas)]
    assert found == [
        ("Dev Ramaswamy", "comms_backup"),
        ("Walt Brandvold", "incident_commander"),
        ("Hank Dufresne", "executive"),
        ("Ines Okafor", None),
        ("Lupe Arrington", None),
        ("Tess Marchetti", None),
    ]


def test_r22_an_empty_christmas_raises_its_alarm_now_and_again_14_3_and_1_days_before(demo: Database) -> None:
    with demo.transaction() as session:
        add_account(session, "ines@hpmls-ops.example", "Ines Okafor", Role.COMMANDER, "gravel otter teapot", now=NOW)
    told = []
    for hours in range(0, 24 * 36, 12):
        now = NOW + timedelta(hours=hours)
        with demo.transaction() as session:
            for gap in tend_coverage(session, now=now):
                told.append((gap.roles[0], (gap.starts_at.astimezone(CHICAGO).date() - now.date()).days))
        with demo.transaction() as session:
            assert tend_coverage(session, now=now) == []
    assert [days for role, days in told if role == "comms_lead"] == [34, 14, 3, 1]
    assert [days for role, days in told if role == "incident_commander"] == [37, 14, 3]
    with demo.transaction() as session:
        words = [message.text for message in owed_staff_messages(session, now, 50)]
    assert "Communications lead: nobody from Fri, Dec 25, 12:00 AM" in words[0]


def test_nobody_reads_an_address_in_the_rows(demo: Database) -> None:
    with demo.read() as session:
        rows = person_rows(session)
        assert len(rows) == 9
        assert all(b"555" not in (row.phone_cipher or b"555") for row in rows)
        assert VAULT.open(rows[0].phone_cipher or b"") == "+12025550108"


@pytest.mark.parametrize("weeks", [12, 15, 16, 40, 47, 100])
def test_it_has_just_two_gaps_in_any_week_of_the_year(sqlite_url: str, weeks: int) -> None:
    database = Database.open(sqlite_url)
    now = NOW + timedelta(weeks=weeks)
    load_demo(database, VAULT, now=now)
    gaps = coverage_gaps(roster(database, now), now, now + HORIZON)
    database.close()
    assert [gap.roles for gap in gaps] == [("comms_lead",), COVERED]
