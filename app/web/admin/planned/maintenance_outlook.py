"""What would come of planned work: what speaks against its window, whom it reaches, and what they would read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app.commands.maintenance import MaintenanceDraft
from app.commands.maintenance_rehearsal import rehearse_maintenance
from app.commands.special_days import special_days_between
from app.domain.channels import Channel, Programme
from app.domain.maintenance import Maintenance
from app.domain.planning import Objections, objections_to
from app.publish.message_templates import Templates
from app.publish.messages import Message, message_of
from app.publish.sms_text import segments
from app.publish.snapshot import PublicSnapshot
from app.store.components import component_groups, live_components
from app.store.maintenance import unfinished_maintenances
from app.store.message_templates import written_templates
from app.store.progress import audience_counts
from app.web.visit import Visit


@dataclass(frozen=True, slots=True)
class WorkOutlook:
    """What would come of it. `segments` are how many messages one text becomes."""

    objections: Objections
    told: dict[Channel, int]
    text: str
    segments: int
    mail: Message

    @property
    def total(self) -> int:
        """How many subscribers would be told."""
        return sum(self.told.values())


def outlook_of(session: Session, visit: Visit, draft: MaintenanceDraft) -> WorkOutlook:
    """Rehearse the announcement with the code that sends."""
    components, works = live_components(session), unfinished_maintenances(session)
    rehearsal = rehearse_maintenance(draft, components, now=visit.now)
    snapshot = PublicSnapshot(
        organisation=visit.organisation,
        public_url=visit.parts.public_url,
        as_of=visit.now,
        groups=component_groups(session),
        components=components,
        incidents=(),
        maintenances=tuple(works),
    )
    language, templates = visit.organisation.languages[0], Templates(written_templates(session))
    text = message_of(rehearsal.content, snapshot, Channel.SMS, language, templates).text
    return WorkOutlook(
        objections=objections(session, visit, draft.scheduled_for, draft.scheduled_until, draft.components, works),
        told=audience_counts(session, Programme.MAINTENANCE, sorted(rehearsal.audience)) if draft.notify else {},
        text=text,
        segments=segments(text),
        mail=message_of(rehearsal.content, snapshot, Channel.EMAIL, language, templates),
    )


def objections(
    session: Session,
    visit: Visit,
    starts: datetime,
    ends: datetime,
    slugs: Sequence[str],
    works: Sequence[Maintenance],
    *,
    besides: str = "",
) -> Objections:
    """What speaks against a window on the organisation's calendar; `besides` is the work that is being moved."""
    first, last = starts.astimezone(visit.zone).date(), ends.astimezone(visit.zone).date() + timedelta(days=1)
    special = special_days_between(session, visit.organisation, first, last)
    day = visit.organisation.day
    return objections_to(starts, ends, slugs, works=works, special=special, day=day, besides=besides)
