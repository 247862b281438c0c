"""The doctor: what is wrong with this installation, in words, before the night it matters."""

import os
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlmodel import Session

from app.domain.channels import ALL_CHANNELS, Channel
from app.domain.errors import PorchlightError
from app.publish.directory import load_edition
from app.store.accounts import account_rows
from app.store.heartbeats import live_executors
from app.store.organisation import organisation_row
from app.store.outbox import unpublished
from app.store.publication import publication
from app.store.rates import senders
from app.store.schema import newest_revision, schema_revision
from app.store.session import SAFE_SQLITE, Database, sqlite_module

WORKER_SILENCE = timedelta(seconds=30)
PUBLISHING_DELAY = timedelta(minutes=2)
SMALLEST_DISK_MB = 200


class Finding(StrEnum):
    """How a check came out. Only `fail` makes `porchlight doctor` exit with 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its name, how it came out, and a sentence."""

    name: str
    finding: Finding
    words: str


def examine(
    open_database: Callable[[], Database],
    documents_dir: Path,
    *,
    is_production: bool,
    now: datetime,
    channels: Set[Channel] = ALL_CHANNELS,
) -> Iterator[Check]:
    """All checks in order. Never raises: what cannot be looked at fails in words.

    `channels` are those that have a provider.
    """
    yield _settings(is_production)
    yield _disk(documents_dir)
    yield _sqlite_version()
    try:
        database = open_database()
        yield from _database(database, now)
        yield from _channels(database, channels, is_production)
    except PorchlightError as error:
        yield Check("database", Finding.FAIL, str(error))
    yield _documents(documents_dir, now)


def _settings(is_production: bool) -> Check:
    if is_production:
        return Check("settings", Finding.OK, "Settings are fit for production.")
    return Check("settings", Finding.WARN, "This is a development installation; set PORCHLIGHT_ENVIRONMENT=production.")


def _disk(documents_dir: Path) -> Check:
    place = next(path for path in (documents_dir, *documents_dir.parents, Path()) if path.exists())
    if not os.access(place, os.W_OK):
        return Check("disk", Finding.FAIL, f"{place} cannot be written.")
    usage = os.statvfs(place)
    free = usage.f_bavail * usage.f_frsize // 2**20
    if free < SMALLEST_DISK_MB:
        return Check("disk", Finding.FAIL, f"Only {free} MB are free where documents are published.")
    return Check("disk", Finding.OK, f"{free:,} MB are free.")


def _sqlite_version() -> Check:
    module = sqlite_module()
    safe = module.sqlite_version_info >= SAFE_SQLITE
    words = f"SQLite {module.sqlite_version}" + ("." if safe else " can corrupt a database in WAL mode.")
    return Check("sqlite", Finding.OK if safe else Finding.FAIL, words)


def _database(database: Database, now: datetime) -> Iterator[Check]:
    revision, wanted = schema_revision(database), newest_revision()
    if revision != wanted:
        yield Check("database", Finding.FAIL, "The tables are not up to date. Run: porchlight migrate")
        return
    yield Check("database", Finding.OK, f"Reachable, schema {revision}.")
    with database.read() as session:
        yield _organisation(session)
        yield _accounts(session)
        yield _publishing(session, now)
        yield _workers(session, now)


def _organisation(session: Session) -> Check:
    row = organisation_row(session)
    if row is None:
        return Check("organisation", Finding.FAIL, "No organisation is set up. Try: porchlight demo load")
    return Check("organisation", Finding.OK, f"{row.name}.")


def _accounts(session: Session) -> Check:
    able = [row for row in account_rows(session) if row.disabled_at is None]
    if not able:
        return Check("accounts", Finding.FAIL, "Nobody can sign in. Run: porchlight accounts add")
    return Check("accounts", Finding.OK, f"{len(able)} people can sign in.")


def _publishing(session: Session, now: datetime) -> Check:
    waiting = unpublished(session)
    if waiting and now - waiting[0].created_at > PUBLISHING_DELAY:
        return Check("publishing", Finding.FAIL, f"{len(waiting)} changes wait to be published. Is the worker running?")
    row = publication(session)
    if row.published_at is None:
        return Check("publishing", Finding.WARN, "Nothing has been published yet.")
    return Check("publishing", Finding.OK, f"Generation {row.generation}, {len(waiting)} changes waiting.")


def _workers(session: Session, now: datetime) -> Check:
    alive = live_executors(session, now - WORKER_SILENCE)
    if not alive:
        return Check("worker", Finding.WARN, "No worker has given a sign of life in the last 30 seconds.")
    return Check("worker", Finding.OK, f"{len(alive)} alive.")


def _channels(database: Database, able: Set[Channel], is_production: bool) -> Iterator[Check]:
    """Each channel: whether anything would leave by it tonight."""
    if schema_revision(database) != newest_revision():
        return
    with database.read() as session:
        stopped = {row.name: row.stopped_because for row in senders(session) if row.stopped_at}
    for channel in Channel:
        if channel in stopped:
            yield Check(f"channel {channel}", Finding.FAIL, f"Stopped: {stopped[channel]}")
        elif channel in able:
            yield Check(f"channel {channel}", Finding.OK, "Sends.")
        elif channel.is_personal:
            where = "sign-ups do not offer it" if is_production else "messages go into the tray"
            yield Check(f"channel {channel}", Finding.WARN, f"No provider is configured; {where}.")


def _documents(documents_dir: Path, now: datetime) -> Check:
    edition = load_edition(documents_dir)
    if edition is None:
        return Check("documents", Finding.WARN, "There are no published documents on disk.")
    minutes = int((now - edition.as_of).total_seconds() // 60)
    return Check("documents", Finding.OK, f"{len(edition.documents)} documents, {minutes} minutes old.")
