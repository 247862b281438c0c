"""A host dies in the middle of a mail-out and a backup comes back on another: nobody is told twice, nobody is lost.

"Not lost" means told, or named in the list of failures; the provider's own log is the judge.
"""

import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.commands.notices import retry_failed
from app.commands.restorations import release_notices
from app.domain.audit import CLOCK
from app.domain.deliveries import Reason
from app.domain.errors import RefusedError
from app.domain.incidents import Incident
from app.domain.maintenance import MaintenanceStatus
from app.engine import Engine
from app.monitor.backups import Backup, back_up
from app.monitor.restoring import restore
from app.queueing import enqueue_notices
from app.store.deliveries import DeliveryRow
from app.store.maintenance import the_maintenance
from app.store.notices import newest_notices
from app.store.restorations import AHEAD
from app.store.schema import migrate
from app.store.session import Database
from tests.deliver.test_kill import AUDIENCE, PATIENCE, victim
from tests.deliver.world import deliveries, make_worker, now, outcomes, prepare, say
from tests.doubles.provider import RunningProvider, running_provider

KEY = "a backup key of more than thirty-two characters"

pytestmark = pytest.mark.slow


@pytest.fixture
def other(empty_database: Database) -> Database:
    """The database of the other host."""
    return empty_database


def spoken(database: Database) -> Incident:
    """An audience, and a notice to it that waits for a worker."""
    Engine(database).prepare()
    prepare(database, AUDIENCE)
    database.before_commit.append(enqueue_notices(Engine(database)))
    return say(database)[0]


def back_up_from(database: Database, tmp_path: Path) -> Backup:
    return back_up(database, tmp_path / "one", tmp_path / "backups", KEY, keep=3, now=now())


def bring_to(other: Database, tmp_path: Path, backup: Backup) -> None:
    """The other host: its own data folder, its own database."""
    restore(other, tmp_path / "two", backup.path, KEY, now=now())
    migrate(other)
    Engine(other).prepare()


def wait_for(provider: RunningProvider, count: int) -> None:
    end = time.monotonic() + PATIENCE
    while provider.count() < count:
        assert time.monotonic() < end
        time.sleep(0.01)


def let_work(other: Database, empty_url: str, provider: RunningProvider, notice_id: int | None = None) -> None:
    """A worker of the other host goes on until nothing is unclear, of this notice or of all."""
    with victim(empty_url, provider) as process:
        end = time.monotonic() + PATIENCE
        while not (found := outcomes(other, notice_id)) or set(found) - {"sent", "failed"}:
            assert process.poll() is None
            assert time.monotonic() < end, outcomes(other)
            time.sleep(0.2)


def test_a_host_that_dies_while_it_sends_is_restored_without_a_second_text(
    database: Database, database_url: str, other: Database, empty_url: str, tmp_path: Path
) -> None:
    incident = spoken(database)
    with running_provider() as provider:
        with victim(database_url, provider):
            wait_for(provider, AUDIENCE // 5)
            backup = back_up_from(database, tmp_path)
            wait_for(provider, AUDIENCE // 2)
        bring_to(other, tmp_path, backup)
        let_work(other, empty_url, provider)
        told = provider.log()["counts"]
        assert set(told.values()) == {1}, "somebody was told twice"
        assert_told_or_named(other, set(told))
        assert_new_words_reach_everybody(other, empty_url, incident, provider)


def assert_told_or_named(other: Database, told: set[str]) -> None:
    """Every delivery of the ledger is one that the provider has, or stands in the list of failures."""
    rows = deliveries(other)
    assert len(rows) == AUDIENCE
    assert {str(row.id) for row in rows if row.outcome == "sent"} == told
    named = [row for row in rows if row.outcome == "failed"]
    assert len(named) == AUDIENCE - len(told)
    assert {row.reason for row in named} <= {Reason.RESTORED}
    assert all(row.words for row in named)
    with other.transaction() as session, pytest.raises(RefusedError, match="backup"):
        retry_failed(session, rows[0].notice_id, now=now())


def assert_new_words_reach_everybody(
    other: Database, empty_url: str, incident: Incident, provider: RunningProvider
) -> None:
    """Also while the hold stands: a person speaks, and everybody hears it once."""
    provider.forget()
    other.before_commit.append(enqueue_notices(Engine(other)))
    _, notice_id = say(other, incident)
    let_work(other, empty_url, provider, notice_id)
    assert outcomes(other, notice_id) == {"sent": AUDIENCE}
    counts = provider.log()["counts"]
    assert len(counts) == AUDIENCE
    assert set(counts.values()) == {1}
    assert all(int(number) > AHEAD for number in counts), "an id of the lost host's was used again"


def test_what_was_sent_after_the_backup_was_taken_is_not_sent_again(
    database: Database, database_url: str, other: Database, empty_url: str, tmp_path: Path
) -> None:
    """The backup holds a notice that nobody was told yet; the lost host told everybody before it died."""
    spoken(database)
    backup = back_up_from(database, tmp_path)
    with running_provider() as provider:
        with victim(database_url, provider):
            wait_for(provider, AUDIENCE)
        bring_to(other, tmp_path, backup)
        let_work(other, empty_url, provider)
        assert provider.count() == AUDIENCE
    assert outcomes(other) == {"failed": AUDIENCE}
    assert {row.reason for row in deliveries(other)} == {Reason.RESTORED}


def test_the_clock_says_nothing_until_a_person_releases_it(database: Database, other: Database, tmp_path: Path) -> None:
    """Work that was to begin while the host was gone: the lost one may have told of it, so a person looks first."""
    spoken(database)
    with database.transaction() as session:
        window = {"scheduled_for": now() - timedelta(minutes=5), "scheduled_until": now() + timedelta(hours=2)}
        draft = MaintenanceDraft(title="Forms upgrade", body="Forms close.", components=["forms"], **window)
        work = schedule_maintenance(session, draft, now=now() - timedelta(days=1))
    bring_to(other, tmp_path, back_up_from(database, tmp_path))
    worker = make_worker(other, {})
    before = notices_of(other)
    for job in (worker._advance, worker._remind, worker._tend_cadence):
        job()
    assert notices_of(other) == before
    assert status_of(other, work.id) is MaintenanceStatus.SCHEDULED
    with other.transaction(CLOCK) as session:
        release_notices(session, now=now())
    worker._advance()
    assert status_of(other, work.id) is MaintenanceStatus.IN_PROGRESS


def notices_of(database: Database) -> list[int | None]:
    with database.read() as session:
        return [row.id for row in newest_notices(session)]


def status_of(database: Database, work_id: str) -> MaintenanceStatus:
    with database.read() as session:
        found = the_maintenance(session, work_id)
    assert found
    return found.status


def test_the_marks_leave_no_delivery_that_could_simply_be_sent(
    database: Database, other: Database, tmp_path: Path
) -> None:
    spoken(database)
    with running_provider() as provider, victim(database.engine.url.render_as_string(hide_password=False), provider):
        wait_for(provider, AUDIENCE // 5)
        backup = back_up_from(database, tmp_path)
    bring_to(other, tmp_path, backup)
    with other.read() as session:
        states = set(session.execute(sa.select(DeliveryRow.state).distinct()).scalars())
    assert states <= {"ended", "unknown"}
