"""What *Is it me?* may say of components apart from what staff posted, read at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from app.domain.reports import CheckState, ComponentFacts, falls_at, shown_count, worst_state
from app.store.probes import checks_now
from app.store.reports import recent_reports
from app.store.suspicions import on_it_since

TOLD_ANEW = timedelta(minutes=5)
"""A check runs every minute; when it ran last is told this often, or as soon as its result changes."""

Checks = Sequence[tuple[CheckState, datetime | None]]


def component_facts(session: Session, now: datetime) -> tuple[ComponentFacts, ...]:
    """The facts of every component of which any are known, by slug."""
    reported, on_it = recent_reports(session, now), on_it_since(session)
    checked: defaultdict[str, list[tuple[CheckState, datetime | None]]] = defaultdict(list)
    for slug, state, looked_at in checks_now(session, now):
        checked[slug].append((state, looked_at))
    return tuple(
        _facts(slug, reported.get(slug, ()), checked.get(slug, ()), on_it.get(slug), now)
        for slug in sorted({*reported, *on_it, *checked})
    )


def _facts(
    slug: str, reported: Sequence[datetime], checks: Checks, on_it_at: datetime | None, now: datetime
) -> ComponentFacts:
    looked = [at for _, at in checks if at]
    changes = [moment for moment in (falls_at(reported), now + TOLD_ANEW if looked else None) if moment]
    return ComponentFacts(
        slug,
        reports=shown_count(len(reported)),
        check=worst_state(state for state, _ in checks),
        checked_at=max(looked, default=None),
        changes_at=min(changes, default=None),
        on_it_at=on_it_at,
    )
