"""Backup and restore on both databases: whole or not at all, proved, sealed, and silent afterwards."""

import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.commands.accounts import add_account
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.restorations import release_notices
from app.commands.staff_messages import tell_staff
from app.domain.accounts import Role
from app.domain.audit import verify as verify_log
from app.domain.errors import PorchlightError, RefusedError, UnavailableError
from app.monitor.backups import back_up, back_up_nightly, trouble_of, verify
from app.monitor.restoring import restore
from app.store import copies
from app.store.audit import chain, chain_head
from app.store.heartbeats import beat
from app.store.publication import publication
from app.store.restorations import AHEAD, is_held
from app.store.schema import migrate
from app.store.session import Database
from app.store.staff_messages import owed_staff_messages
from tests.commands.world import NOW, build, words

KEY = "a backup key of more than thirty-two characters"
ROOT = Path(__file__).parents[2]


def take(database: Database, folder: Path, at: datetime = NOW, key: str = KEY, keep: int = 9):
    return back_up(database, folder / "var", folder / "backups", key, keep=keep, now=at)


def bring(database: Database, folder: Path, path: Path, key: str = KEY, **options: object):
    return restore(database, folder / "elsewhere", path, key, now=NOW + timedelta(hours=1), **options)  # type: ignore[arg-type]


def counts(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one()
            for name in names
        }


def left_behind(folder: Path) -> list[str]:
    """Whatever lies about beside backups and locks."""
    names = [path.name for path in folder.rglob("*") if path.is_file()]
    return [name for name in names if not name.endswith((".backup", "lock")) and not name.startswith("porchlight.db")]


@pytest.fixture
def lived_in(database: Database) -> Database:
    """An installation with an organisation, an outage and a notice."""
    with database.transaction() as session:
        build(session)
        open_incident(session, IncidentDraft("Nobody can sign in", words()), now=NOW)
        publication(session).generation = 7
    return database


@pytest.fixture
def fresh(empty_database: Database) -> Database:
    """The database of the other host."""
    return empty_database


def test_everything_comes_back_on_another_host(lived_in, fresh, tmp_path):
    made = take(lived_in, tmp_path)
    before = counts(lived_in)
    restored = bring(fresh, tmp_path, made.path)
    assert restored.facts == made.facts
    after = counts(fresh)
    assert {name: number for name, number in after.items() if name not in ("restoration", "sign_in")} == {
        name: number for name, number in before.items() if name not in ("restoration", "sign_in")
    }
    with fresh.read() as session:
        assert verify_log(chain(session), chain_head(session)).is_whole
        assert f"{chain_head(session).seq}:{chain_head(session).hash}" == made.facts.audit_head


def test_what_came_back_can_be_written_to_and_migrated_again(lived_in, fresh, tmp_path):
    bring(fresh, tmp_path, take(lived_in, tmp_path).path)
    migrate(fresh)
    with fresh.transaction() as session:
        incident = open_incident(session, IncidentDraft("Forms are slow", words()), now=NOW)
    assert incident.id


def test_the_audit_log_still_refuses_to_be_changed(lived_in, fresh, tmp_path):
    bring(fresh, tmp_path, take(lived_in, tmp_path).path)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), fresh.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM audit_entry"))


def test_a_generation_never_goes_back(lived_in, fresh, tmp_path):
    bring(fresh, tmp_path, take(lived_in, tmp_path).path)
    with fresh.read() as session:
        assert publication(session).generation == 7 + AHEAD


def test_a_restore_holds_until_a_person_releases_it_once(lived_in, fresh, tmp_path):
    bring(fresh, tmp_path, take(lived_in, tmp_path).path)
    with fresh.transaction() as session:
        assert is_held(session)
        assert release_notices(session, now=NOW) == NOW
        assert not is_held(session)
    with fresh.transaction() as session, pytest.raises(RefusedError, match="Nothing is held"):
        release_notices(session, now=NOW)


def test_mail_to_the_staff_that_was_owed_counts_as_sent(lived_in, fresh, tmp_path):
    with lived_in.transaction() as session:
        add_account(session, "ines@mls.example", "Ines", Role.COMMANDER, "gravel otter teapot", now=NOW)
        tell_staff(session, [Role.COMMANDER], "A message waits", "Look at it.", now=NOW)
    bring(fresh, tmp_path, take(lived_in, tmp_path).path)
    with fresh.transaction() as session:
        assert owed_staff_messages(session, NOW + timedelta(hours=2), most=9) == []
    with lived_in.transaction() as session:
        assert len(owed_staff_messages(session, NOW + timedelta(hours=2), most=9)) == 1


def test_posts_that_waited_are_laid_aside_for_a_person(lived_in, fresh, tmp_path):
    spool = tmp_path / "var" / "spool"
    (spool / "refused").mkdir(parents=True)
    (spool / "20261121T211500-abc.json").write_text("{}")
    (spool / "refused" / "20261121T211501-def.json").write_text("{}")
    restored = bring(fresh, tmp_path, take(lived_in, tmp_path).path)
    assert restored.laid_aside == 2
    aside = tmp_path / "elsewhere" / "spool" / "refused"
    assert sorted(path.name for path in aside.iterdir()) == ["20261121T211500-abc.json", "20261121T211501-def.json"]


def test_a_copy_is_one_moment_while_others_write(lived_in, fresh, tmp_path):
    """Two rows are written in one transaction, again and again: no copy may hold one without the other."""
    stop, written = threading.Event(), threading.Event()
    with lived_in.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE pair_one (n integer)"))
        connection.execute(sa.text("CREATE TABLE pair_two (n integer)"))

    def write() -> None:
        while not stop.is_set():
            with lived_in.transaction() as session:
                session.execute(sa.text("INSERT INTO pair_one VALUES (1)"))
                session.execute(sa.text("INSERT INTO pair_two VALUES (1)"))
            written.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        written.wait(10)
        made = [take(lived_in, tmp_path, NOW + timedelta(seconds=number)) for number in range(3)]
    finally:
        stop.set()
        writer.join()
    for each in made:
        one, two = (
            next(v for k, v in each.facts.rows.items() if k.endswith(name)) for name in ("pair_one", "pair_two")
        )
        assert one == two > 0
    bring(fresh, tmp_path, made[-1].path)
    assert counts(fresh)["pair_one"] == counts(fresh)["pair_two"]


def test_a_backup_is_for_its_owner_alone_and_shows_nothing(lived_in, tmp_path):
    made = take(lived_in, tmp_path)
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert b"Nobody can sign in" not in made.path.read_bytes()
    assert KEY.encode() not in made.path.read_bytes()
    assert left_behind(tmp_path) == []


def test_only_the_newest_are_kept_and_nothing_else_is_touched(lived_in, tmp_path):
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "minutes.txt").write_text("not ours")
    made = [take(lived_in, tmp_path, NOW + timedelta(days=day), keep=2) for day in range(3)]
    names = {path.name for path in (tmp_path / "backups").iterdir()} - {".lock"}
    assert names == {made[1].path.name, made[2].path.name, "minutes.txt"}


@pytest.mark.parametrize("key", ["", "short"])
def test_a_key_that_could_be_guessed_is_refused(lived_in, tmp_path, key):
    with pytest.raises(RefusedError, match="PORCHLIGHT_BACKUP_KEY"):
        take(lived_in, tmp_path, key=key)


def refused(fresh: Database, folder: Path, path: Path, match: str, key: str = KEY, **options: object) -> None:
    """It says so in one sentence and changes nothing."""
    before = counts(fresh)
    with pytest.raises(PorchlightError, match=match):
        bring(fresh, folder, path, key, **options)
    assert counts(fresh) == before
    assert left_behind(folder / "elsewhere") == []


def test_another_key_is_refused(lived_in, fresh, tmp_path):
    refused(fresh, tmp_path, take(lived_in, tmp_path).path, "key is not the one", key=KEY[::-1])


def test_a_damaged_or_cut_off_backup_is_refused(lived_in, fresh, tmp_path):
    whole = take(lived_in, tmp_path).path.read_bytes()
    bad = tmp_path / "bad.backup"
    for content in (whole[:-1], whole[: len(whole) // 2], whole[:50], b"", whole[:-9] + b"x" + whole[-8:]):
        bad.write_bytes(content)
        refused(fresh, tmp_path, bad, "damaged|no backup")


def test_a_backup_of_a_newer_schema_is_refused(lived_in, fresh, tmp_path):
    with lived_in.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    refused(fresh, tmp_path, take(lived_in, tmp_path).path, "newer Porchlight")


def test_a_database_that_holds_something_is_replaced_only_on_request(lived_in, database, fresh, tmp_path):
    made = take(lived_in, tmp_path)
    migrate(fresh)
    with fresh.transaction() as session:
        build(session)
    refused(fresh, tmp_path, made.path, "not empty")
    bring(fresh, tmp_path, made.path, may_replace=True)
    assert counts(fresh)["incident"] == 1


def test_a_database_that_a_worker_uses_is_not_replaced(lived_in, tmp_path):
    made = take(lived_in, tmp_path)
    with lived_in.transaction() as session:
        beat(session, "one", "worker", NOW + timedelta(minutes=59, seconds=50))
    refused(lived_in, tmp_path, made.path, "worker is at work", may_replace=True)


def test_a_database_with_empty_tables_is_empty(lived_in, fresh, tmp_path):
    made = take(lived_in, tmp_path)
    migrate(fresh)
    bring(fresh, tmp_path, made.path)
    assert counts(fresh)["incident"] == 1


def test_a_restore_that_fails_half_way_changes_nothing(lived_in, fresh, tmp_path, monkeypatch):
    made = take(lived_in, tmp_path)
    migrate(fresh)
    monkeypatch.setattr("app.monitor.restoring.marks", lambda *_, **__: iter(["UPDATE no_such_table SET x = 1"]))
    refused(fresh, tmp_path, made.path, "as it was")


def test_a_backup_of_the_other_kind_of_database_is_refused(lived_in, tmp_path, request):
    other = "postgres_url" if lived_in.is_sqlite else "sqlite_url"
    database = Database.open(request.getfixturevalue(other))
    refused(database, tmp_path, take(lived_in, tmp_path).path, "another kind")
    database.close()


def test_a_full_disk_leaves_nothing_half_and_the_older_backups(lived_in, database_url, tmp_path):
    older = take(lived_in, tmp_path)
    code = (
        "import resource, sys; from pathlib import Path; from datetime import datetime, UTC, timedelta\n"
        "from app.store.session import Database; from app.monitor.backups import back_up\n"
        "database = Database.open(sys.argv[1]); folder = Path(sys.argv[2])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try: back_up(database, folder / 'var', folder / 'backups', sys.argv[3], keep=1, now=datetime.now(UTC))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, database_url, tmp_path, KEY], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert said.startswith("UnavailableError"), said
    assert [path.name for path in (tmp_path / "backups").glob("porchlight*")] == [older.path.name]
    assert left_behind(tmp_path) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


@pytest.mark.slow
def test_a_backup_killed_at_any_moment_leaves_the_older_ones_and_the_next_one_works(lived_in, database_url, tmp_path):
    older = take(lived_in, tmp_path)
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from app.store.session import Database; from app.monitor.backups import back_up\n"
        "database = Database.open(sys.argv[1]); folder = Path(sys.argv[2]); print('go', flush=True)\n"
        "back_up(database, folder / 'var', folder / 'backups', sys.argv[3], keep=99, now=datetime.now(UTC))\n"
    )
    for wait in (0.0, 0.02, 0.05, 0.1, 0.2, 0.4):
        command = [sys.executable, "-c", code, database_url, tmp_path, KEY]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(wait)
            os.kill(process.pid, signal.SIGKILL)
    for path in (tmp_path / "backups").glob("*.backup"):
        room = tmp_path / f"room-{path.name}"
        room.mkdir()
        verify(path, KEY, room)
    assert older.path.exists()
    take(lived_in, tmp_path, datetime.now(UTC))
    assert not list((tmp_path / "var").glob(".backup-*"))
    assert not list((tmp_path / "backups").glob("*.partial"))


def test_a_copy_that_cannot_be_read_back_is_no_backup(lived_in, tmp_path, monkeypatch):
    monkeypatch.setattr("app.monitor.backups.row_counts", lambda *_: {"incident": 99, "public.incident": 99})
    with pytest.raises(UnavailableError, match="does not hold"):
        take(lived_in, tmp_path)
    assert not list((tmp_path / "backups").glob("porchlight*"))


def test_a_missing_program_is_named_with_its_package(lived_in, tmp_path, monkeypatch):
    if lived_in.is_sqlite:
        pytest.skip("SQLite needs no program")
    monkeypatch.setattr(copies, "Path", lambda _: Path(tmp_path))
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(RefusedError, match="postgresql-client"):
        take(lived_in, tmp_path)


def test_the_night_that_failed_is_told_until_a_night_that_did_not(lived_in, tmp_path):
    where = (lived_in, tmp_path / "var", tmp_path / "backups")
    assert "cannot be listed" in trouble_of(tmp_path / "backups", tmp_path / "var", NOW)
    (tmp_path / "var").mkdir()
    with pytest.raises(RefusedError):
        back_up_nightly(*where, "short", keep=2, now=NOW)
    (tmp_path / "backups").mkdir()
    assert "PORCHLIGHT_BACKUP_KEY" in trouble_of(*where[:0:-1], NOW)
    back_up_nightly(*where, KEY, keep=2, now=NOW)
    assert trouble_of(*where[:0:-1], NOW) == ""
    assert "27 hours old" in trouble_of(*where[:0:-1], NOW + timedelta(hours=27))
