"""Backups: what one says of itself, how it is named, which ones are kept, and when there is too old a one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TOO_OLD = timedelta(hours=26)
"""A backup is made every night; an hour or two late is no fault."""

LEAST_KEY = 32
"""Characters of a backup key; `openssl rand -hex 32` makes twice as many."""

_NAME = re.compile(r"porchlight-(\d{8}T\d{6})Z\.backup")
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """What a backup holds: the manifest that is written into it, and what it is checked against.

    `database` is "sqlite" or "postgresql"; `rows` counts the rows of every table; `audit_head` is
    the newest entry of the audit log as "number:hash"; `generation` the last that was published.
    """

    product: str
    database: str
    schema: str
    taken_at: datetime
    rows: Mapping[str, int]
    audit_head: str
    generation: int


def backup_name(taken_at: datetime) -> str:
    """The name of a backup's file; names sort by time."""
    return f"porchlight-{taken_at.astimezone(UTC):{_STAMP}}Z.backup"


def taken_at(name: str) -> datetime | None:
    """When the backup of that file name was taken; None where it is no name of ours."""
    found = _NAME.fullmatch(name)
    return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC) if found else None


def superfluous(names: Iterable[str], keep: int) -> list[str]:
    """Which backups of a folder make room: all of ours but the newest `keep`. Other files are never named."""
    ours = sorted((name for name in names if taken_at(name)), reverse=True)
    return ours[keep:]


def backup_trouble(names: Iterable[str], failure: str, now: datetime) -> str:
    """What is wrong with the backups of a folder, in words; empty while all is well.

    `failure` is why the last try failed.
    """
    if failure:
        return f"The last backup failed. {failure}"
    newest = max((at for name in names if (at := taken_at(name))), default=None)
    if newest is None:
        return "There is no backup yet."
    if now - newest > TOO_OLD:
        return f"The newest backup is {int((now - newest).total_seconds() // 3600)} hours old."
    return ""
