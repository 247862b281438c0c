"""Every Friday at three: all open incidents in one message to the service manager, once (R39)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.commands.audit import note
from app.commands.staff_messages import LEADERS, tell_staff
from app.domain.accounts import Role
from app.domain.actions import ActionItem
from app.domain.audit import Subject
from app.domain.incidents import Incident
from app.domain.weekly_digest import digest_due
from app.store.actions import overdue_actions
from app.store.incidents import open_incidents
from app.store.organisation import organisation_row, the_organisation
from app.store.report import OwedReport, owed_reports
from app.store.weekly_digest import take_digest


def tend_digest(session: Session, *, now: datetime) -> bool:
    """Send the week's summary when its time has come; False where it is not due, or somebody has sent it.

    Without a service manager whoever else leads gets it.
    """
    if organisation_row(session) is None:
        return False
    zone = the_organisation(session).zone
    friday = digest_due(now, zone)
    opened = open_incidents(session) if friday else []
    if friday is None or not take_digest(session, friday, [incident.id for incident in opened], now):
        return False
    owed, today = owed_reports(session), now.astimezone(zone).date()
    text = "\n".join(_lines(opened, owed, overdue_actions(session, today), zone))
    subject = f"{len(opened)} open {'incident' if len(opened) == 1 else 'incidents'} this Friday"
    if not tell_staff(session, [Role.SERVICE_MANAGER], subject, text, now=now):
        tell_staff(session, LEADERS, subject, text, now=now)
    facts = {"incidents": [incident.id for incident in opened]}
    note(session, "digest.sent", Subject("digest", friday.isoformat()), after=facts, now=now)
    return True


def _lines(
    opened: Sequence[Incident], owed: Sequence[OwedReport], late: Sequence[ActionItem], zone: ZoneInfo
) -> Iterator[str]:
    yield "Open now:" if opened else "Nothing is open."
    for incident in opened:
        since = incident.started_at.astimezone(zone)
        name = f"{incident.reference or incident.number} ({incident.id})"
        yield f"- {name} {incident.title}: {incident.status.value}, since {since:%a, %b} {since.day}."
    if owed:
        yield "Reports owed:"
    yield from (f"- {each.title}: by {each.due_on:%a, %b} {each.due_on.day}." for each in owed)
    if late:
        yield "Actions overdue:"
    yield from (f"- {each.words} ({each.owner}): since {each.due_on:%a, %b} {each.due_on.day}." for each in late)
