"""Skips, reminders and misses on real rows: each once, with two workers and a clock that jumps (R36-R41)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.cadence import skip_update, tend_cadence
from app.commands.incident_weight import weigh_incident
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.domain.accounts import Role
from app.domain.audit import CLOCK
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.incidents import Incident, IncidentStatus
from app.domain.severity import Impact, Severity, Urgency
from app.store.accounts import AccountRow
from app.store.audit import AuditEntryRow
from app.store.cadence import misses_of, skips_of
from app.store.session import Database
from app.store.staff_messages import StaffMessageRow
from tests.commands.world import build, words

AFTERNOON = datetime(2026, 4, 4, 20, 0, tzinfo=UTC)
"""Saturday, 3:00 PM in Chicago."""

WHY = "The supplier tests until five."


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
        add_account(session, "tess@mls.example", "Tess", Role.COMMUNICATIONS_LEAD, "gravel otter teapot", now=AFTERNOON)
        add_account(session, "gil@mls.example", "Gil", Role.SUBJECT_EXPERT, "gravel otter teapot", now=AFTERNOON)
    return database


def opened(
    world: Database, *, at: datetime = AFTERNOON, promise: float = 600, severity: Severity = Severity.CRITICAL
) -> Incident:
    draft = words(next_update_at=at + timedelta(minutes=promise))
    with world.transaction() as session:
        return open_incident(session, IncidentDraft("Dashboard down", draft, severity=severity), now=at)


def tick(world: Database, minutes: float) -> int:
    with world.transaction(by=CLOCK) as session:
        return tend_cadence(session, now=AFTERNOON + timedelta(minutes=minutes))


def told(world: Database) -> list[str]:
    with world.read() as session:
        return [row.subject for row in session.exec(select(StaffMessageRow).order_by(StaffMessageRow.id))]


def missed(world: Database, incident: Incident) -> list[str]:
    with world.read() as session:
        return [row.slot for row in misses_of(session, incident.id)]


def test_r40_the_end_of_day_is_announced_at_half_past_three_and_a_quarter_past_four_on_a_saturday(
    world: Database,
) -> None:
    opened(world, severity=Severity.LOW)
    assert [tick(world, minutes) for minutes in (29, 30, 31, 74, 75, 89, 90, 94, 95)] == [0, 1, 0, 0, 1, 0, 1, 0, 1]
    assert told(world) == [
        "Dashboard down: The end-of-day update is due at 4:30 PM, in an hour.",
        "Dashboard down: The end-of-day update is due at 4:30 PM, in 15 minutes.",
        "Dashboard down: The end-of-day update is due now (4:30 PM).",
        "Dashboard down: The end-of-day update was due at 4:30 PM and is late. The page says so.",
    ]


def test_it_is_told_to_whoever_may_speak_and_to_nobody_else(world: Database) -> None:
    opened(world, severity=Severity.MEDIUM)
    tick(world, 45)
    with world.read() as session:
        (row,) = session.exec(select(StaffMessageRow)).all()
        account = session.get(AccountRow, row.account_id)
    assert account is not None
    assert account.name == "Tess"
    assert "even if nothing is new." in row.text


def test_two_workers_and_a_clock_that_jumps_back_send_one_reminder(world: Database) -> None:
    opened(world, severity=Severity.LOW)
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: tick(world, 75), range(4)))
    assert sorted(sent) == [0, 0, 0, 1]
    assert [tick(world, minutes) for minutes in (75, 76, 74, 31, 80)] == [0, 0, 0, 0, 0]


def test_a_worker_that_was_away_tells_what_still_matters_and_records_the_rest(world: Database) -> None:
    incident = opened(world)
    assert tick(world, 5 * 60 + 30) == 1  # all but the last hour were too long ago to be news
    assert missed(world, incident) == ["hourly", "end_of_day", "hourly", "hourly", "hourly", "hourly"]


def test_r40_a_word_ends_the_reminders_and_a_late_one_stays_recorded(world: Database) -> None:
    incident = opened(world)
    tick(world, 61)
    with world.transaction() as session:
        later = AFTERNOON + timedelta(hours=10)
        post_update(session, incident.id, words(next_update_at=later), now=AFTERNOON + timedelta(minutes=62))
    assert missed(world, incident) == ["hourly"]
    assert tick(world, 66) == 0


def test_what_was_missed_just_before_the_end_is_recorded(world: Database) -> None:
    incident = opened(world)
    with world.transaction() as session:
        post_update(session, incident.id, words(IncidentStatus.RESOLVED), now=AFTERNOON + timedelta(minutes=61))
    tick(world, 70)
    assert missed(world, incident) == ["hourly"]


def test_a_skip_is_kept_with_its_reason_and_silences_its_reminder(world: Database) -> None:
    incident = opened(world)
    with world.transaction() as session:
        due = skip_update(session, incident.id, f"  {WHY}\x00 ", now=AFTERNOON + timedelta(minutes=50))
    assert due.at == AFTERNOON + timedelta(hours=1)
    assert tick(world, 61) == 1  # the end of day alone, a half past three that was not told before
    assert missed(world, incident) == []
    with world.read() as session:
        (row,) = skips_of(session, [incident.id])[incident.id]
        assert row.reason == WHY
        assert "cadence.skipped" in session.exec(select(AuditEntryRow.act)).all()


def test_r36_a_third_skip_in_a_row_is_refused(world: Database) -> None:
    evening = AFTERNOON + timedelta(hours=3)
    incident = opened(world, at=evening)
    for hour in (1, 2):
        with world.transaction() as session:
            skip_update(session, incident.id, WHY, now=evening + timedelta(hours=hour))
    with pytest.raises(RefusedError, match="Two updates in a row"), world.transaction() as session:
        skip_update(session, incident.id, WHY, now=evening + timedelta(hours=3))


def test_nothing_is_skipped_on_what_is_over_or_unknown(world: Database) -> None:
    incident = opened(world)
    with world.transaction() as session:
        post_update(session, incident.id, words(IncidentStatus.RESOLVED), now=AFTERNOON + timedelta(minutes=5))
    with pytest.raises(RefusedError, match="Nothing is due"), world.transaction() as session:
        skip_update(session, incident.id, WHY, now=AFTERNOON)
    with pytest.raises(NotFoundError), world.transaction() as session:
        skip_update(session, "nothing", WHY, now=AFTERNOON)


def test_nothing_happens_before_there_is_an_organisation(database: Database) -> None:
    with database.transaction() as session:
        assert tend_cadence(session, now=AFTERNOON) == 0


def weigh(world: Database, incident: Incident, severity: Severity, urgency: Urgency, minutes: float = 0) -> Incident:
    now = AFTERNOON + timedelta(minutes=minutes)
    with world.transaction() as session:
        return weigh_incident(session, incident.id, severity, urgency, "A workaround holds.", now=now)


def test_a_downgrade_ends_the_hourly_words_from_then_on(world: Database) -> None:
    incident = opened(world, promise=2000)
    weighed = weigh(world, incident, Severity.MEDIUM, Urgency.MEDIUM, minutes=30)
    assert (weighed.severity, weighed.urgency, weighed.impact) == (Severity.MEDIUM, Urgency.MEDIUM, Impact.MINOR)
    tick(world, 65)
    assert missed(world, incident) == []
    assert not [subject for subject in told(world) if "hourly" in subject]


def test_an_upgrade_calls_nothing_missed_that_was_not_due_before(world: Database) -> None:
    incident = opened(world, promise=2000, severity=Severity.LOW)
    weigh(world, incident, Severity.CRITICAL, Urgency.URGENT, minutes=200)
    tick(world, 201)
    assert "hourly" not in missed(world, incident)
    tick(world, 262)
    assert missed(world, incident).count("hourly") == 1


def test_the_time_before_a_change_is_judged_by_what_held_then(world: Database) -> None:
    """High asks for a word at noon; on the day when this one was medium nobody owed it."""
    incident = opened(world, severity=Severity.LOW, promise=26 * 60)
    with world.transaction() as session:
        skipped_a_day = words(next_update_at=AFTERNOON + timedelta(hours=30))
        incident = post_update(session, incident.id, skipped_a_day, now=AFTERNOON + timedelta(hours=25))
    weigh(world, incident, Severity.HIGH, Urgency.HIGH, minutes=25 * 60 + 1)
    assert missed(world, incident) == ["end_of_day"]  # Saturday's, recorded by the change itself: no clock looked
    tick(world, 25 * 60 + 2)
    assert missed(world, incident) == ["end_of_day"]


def test_a_change_of_weight_keeps_its_reason_and_its_date(world: Database) -> None:
    incident = opened(world)
    weighed = weigh(world, incident, Severity.CRITICAL, Urgency.HIGH, minutes=30)
    assert weighed.urgency_since == AFTERNOON + timedelta(minutes=30)
    with world.read() as session:
        entry = session.exec(select(AuditEntryRow).where(AuditEntryRow.act == "incident.weighed")).one()
    assert "A workaround holds." in str(entry.after)


def test_weighing_wants_a_reason_an_open_incident_and_a_look_at_the_newest(world: Database) -> None:
    incident = opened(world)
    for reason, version, error in (("no", None, RefusedError), ("Because of it.", 99, StaleVersionError)):
        with pytest.raises(error), world.transaction() as session:
            weigh_incident(
                session,
                incident.id,
                Severity.LOW,
                Urgency.MEDIUM,
                reason,
                now=AFTERNOON,
                expected_version=version,
            )
    with world.transaction() as session:
        post_update(session, incident.id, words(status=IncidentStatus.RESOLVED, next_update_at=None), now=AFTERNOON)
    with pytest.raises(RefusedError, match="over"):
        weigh(world, incident, Severity.LOW, Urgency.MEDIUM)
