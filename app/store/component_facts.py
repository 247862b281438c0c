"""What *Is it me?* may say of components apart from what staff posted, read at once."""

from datetime import datetime

from sqlmodel import Session

from app.domain.reports import ComponentFacts, falls_at, shown_count
from app.store.reports import recent_reports
from app.store.suspicions import on_it_since


def component_facts(session: Session, now: datetime) -> tuple[ComponentFacts, ...]:
    """The facts of every component of which any are known, by slug."""
    reported, on_it = recent_reports(session, now), on_it_since(session)
    return tuple(
        ComponentFacts(
            slug,
            reports=shown_count(len(reported.get(slug, ()))),
            changes_at=falls_at(reported.get(slug, ())),
            on_it_at=on_it.get(slug),
        )
        for slug in sorted({*reported, *on_it})
    )
