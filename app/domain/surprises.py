"""Which messages may surprise or confuse, so that the service manager is asked first (R24)."""

import re
from collections.abc import Collection
from datetime import datetime

from app.domain.cadence import SKIPS_MOST, Word, due_moments
from app.domain.incidents import UpdateDraft
from app.domain.message_templates import MessageEvent
from app.domain.promises import Day
from app.domain.severity import Kind, Urgency

_LOST = re.compile(
    r"\b(?:data loss|(?:lost|losing|deleted|erased|stolen|leaked|exposed) (?:\w+ ){0,3}?"
    r"(?:data|records|listings|documents|files|photos|passwords?|accounts|details)"
    r"|(?:data|records|listings|documents|files|photos|passwords?|accounts|details) "
    r"(?:\w+ ){0,2}?(?:lost|deleted|erased|stolen|leaked|exposed))\b",
    re.IGNORECASE,
)


def surprises(
    draft: UpdateDraft, kind: Kind, urgency: Urgency, day: Day, *, now: datetime, chosen: bool = False
) -> tuple[str, ...]:
    """Why members may be surprised, one sentence each; empty when nothing says so.

    `chosen` is that the writer thinks so.
    """
    reasons = (
        "It is about security." if kind is Kind.SECURITY or draft.event is MessageEvent.SECURITY_RESET else "",
        "It speaks of lost data." if _LOST.search(_all_words(draft)) else "",
        "Members would wait longer than they were used to." if _is_downgrade(draft, urgency, day, now) else "",
        "Whoever wrote it thinks so." if chosen else "",
    )
    return tuple(filter(None, reasons))


def _all_words(draft: UpdateDraft) -> str:
    return "\n".join((draft.body, *draft.headings.as_tuple(), draft.footnote))


def _is_downgrade(draft: UpdateDraft, urgency: Urgency, day: Day, now: datetime) -> bool:
    """Whether the promise lies beyond more due moments than may pass in silence (R36)."""
    if not draft.status.is_open or draft.next_update_at is None:
        return False
    dues: Collection[datetime] = [
        due.at
        for due in due_moments(urgency, Word(now, None), day, draft.next_update_at)
        if due.at < draft.next_update_at
    ]
    return len(dues) > SKIPS_MOST
