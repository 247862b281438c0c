"""What is on this machine: settings, disk, SQLite, the published documents, what waits for the database, backups."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from app.domain.examination import Check, Finding
from app.publish.directory import load_edition
from app.publish.spool import Spool
from app.store.session import SAFE_SQLITE, sqlite_module

SMALLEST_DISK_MB = 200
SPOOL_PATIENCE = timedelta(minutes=5)


def look_here(documents_dir: Path, spool: Spool, *, is_production: bool, now: datetime) -> Iterator[Check]:
    """Everything that needs neither the database nor the network."""
    yield _settings(is_production)
    yield _disk(documents_dir)
    yield _sqlite_version()
    yield _documents(documents_dir, now)
    yield _spool(spool, now)


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


def _documents(documents_dir: Path, now: datetime) -> Check:
    edition = load_edition(documents_dir)
    if edition is None:
        return Check("documents", Finding.WARN, "There are no published documents on disk.")
    minutes = int((now - edition.as_of).total_seconds() // 60)
    return Check("documents", Finding.OK, f"{len(edition.documents)} documents, {minutes} minutes old.")


def _spool(spool: Spool, now: datetime) -> Check:
    """Posts made without the database are taken in within seconds of its return; older ones are stuck."""
    waiting = spool.waiting()
    if waiting and now - waiting[0].at > SPOOL_PATIENCE:
        words = f"{len(waiting)} posts that were made without the database still wait for it."
        return Check("spool", Finding.FAIL, words, "See that the database answers and a worker runs.")
    return Check("spool", Finding.OK, f"{len(waiting)} posts wait for the database.")


def look_at_backups(trouble: str) -> Iterator[Check]:
    """What the nightly backup says of itself; `trouble` is empty when the last one is young and readable."""
    remedy = "Make one now: porchlight backup" if trouble else ""
    yield Check("backups", Finding.FAIL if trouble else Finding.OK, trouble or "The last one is young.", remedy)
