"""What stands around one incident on its page, in one statement: authors, its newest notice, its cadence, a draft."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from app.domain.cadence import Slot
from app.domain.components import ComponentStatus
from app.store.accounts import AccountRow
from app.store.cadence import CadenceMissRow, CadenceSkipRow
from app.store.drafts import DraftRow
from app.store.incidents import IncidentUpdateRow
from app.store.notices import NoticeRow
from app.store.standing import states_said, worst_of
from app.store.unions import Lines, gathered

_line = Lines("id words", "flag", "at", number=sa.cast(sa.literal(0), sa.BigInteger))


@dataclass(frozen=True, slots=True)
class Silence:
    """One due moment that passed without a word; `reason` is empty where it was missed."""

    due_at: datetime
    slot: Slot
    reason: str


@dataclass(frozen=True, slots=True)
class NoticeInBrief:
    """The newest notice of an incident, as far as its page needs it."""

    id: int
    held_until: datetime
    has_left: bool


@dataclass(frozen=True, slots=True)
class KeptWords:
    """What the person who looks was writing: the form's fields, and when they were kept."""

    fields: Sequence[tuple[str, str]]
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All of it. `states` is the worst that anything says of each component, by slug."""

    authors: Mapping[str, str]
    notice: NoticeInBrief | None
    skips: Sequence[Silence]
    misses: Sequence[Silence]
    draft: KeptWords | None
    states: Mapping[str, ComponentStatus]


def surroundings(session: Session, incident_id: str, account_id: str) -> Surroundings:
    """What stands around an incident for this person; `incident_id` is empty for one that is not opened yet."""
    parts = [_draft(incident_id, account_id), _states()]
    if incident_id:
        parts += [_authors(incident_id), _notice(incident_id), _skips(incident_id), _misses(incident_id)]
    found = gathered(session, *parts)
    notices = [NoticeInBrief(line.number, line.at, bool(line.flag)) for line in found["notice"]]
    drafts = [KeptWords([(n, v) for n, v in json.loads(line.words)], line.at) for line in found["draft"]]
    return Surroundings(
        authors={line.id: line.words for line in found["author"]},
        notice=notices[0] if notices else None,
        skips=_silences(found["skip"]),
        misses=_silences(found["miss"]),
        draft=drafts[0] if drafts else None,
        states=worst_of((line.id, line.words) for line in found["state"]),
    )


def _silences(lines: Sequence[Any]) -> list[Silence]:
    return sorted((Silence(line.at, Slot(line.id), line.words) for line in lines), key=lambda item: item.due_at)


def _draft(incident_id: str, account_id: str) -> sa.Select[Any]:
    line = _line("draft", words=sa.cast(col(DraftRow.fields), sa.Text), at=col(DraftRow.saved_at))
    return sa.select(*line).where(col(DraftRow.account_id) == account_id, col(DraftRow.incident_id) == incident_id)


def _states() -> sa.Select[Any]:
    said = states_said().subquery()
    slug, status = list(said.c)[:2]
    return sa.select(*_line("state", id=slug, words=status))


def _authors(incident_id: str) -> sa.Select[Any]:
    line = _line("author", id=col(IncidentUpdateRow.id), words=col(AccountRow.name))
    joined = sa.select(*line).join_from(
        IncidentUpdateRow, AccountRow, col(AccountRow.id) == col(IncidentUpdateRow.author_id)
    )
    return joined.where(col(IncidentUpdateRow.incident_id) == incident_id)


def _notice(incident_id: str) -> sa.Select[Any]:
    newest = sa.select(sa.func.max(NoticeRow.id)).where(col(NoticeRow.incident_id) == incident_id).scalar_subquery()
    left = sa.or_(col(NoticeRow.fanned_out_at).is_not(None), col(NoticeRow.recalled_at).is_not(None))
    line = _line("notice", number=col(NoticeRow.id), at=col(NoticeRow.held_until), flag=sa.case((left, 1), else_=0))
    return sa.select(*line).where(col(NoticeRow.id) == newest)


def _skips(incident_id: str) -> sa.Select[Any]:
    row = CadenceSkipRow
    line = _line("skip", id=col(row.slot), words=col(row.reason), at=col(row.due_at))
    return sa.select(*line).where(col(row.incident_id) == incident_id)


def _misses(incident_id: str) -> sa.Select[Any]:
    row = CadenceMissRow
    return sa.select(*_line("miss", id=col(row.slot), at=col(row.due_at))).where(col(row.incident_id) == incident_id)
