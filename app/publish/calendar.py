"""`/calendar.ics`: planned work as a calendar that members subscribe to (RFC 5545, RFC 7986)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from app.domain.maintenance import Maintenance
from app.domain.text import printable
from app.publish.addresses import absolute, host, incident_path
from app.publish.documents import CALENDAR
from app.publish.language import Language
from app.publish.parts import Part
from app.publish.snapshot import PublicSnapshot
from app.publish.wording import full_text

RECENT = timedelta(days=90)
"""How long finished work stays in the calendar."""

_REFRESH = timedelta(hours=1)


def calendar_parts(snapshot: PublicSnapshot) -> list[Part]:
    """The calendar of planned, active and recent work."""
    # Counted in whole days, so that the calendar changes at most once a day by the clock.
    oldest = snapshot.as_of.date() - RECENT
    works = tuple(work for work in snapshot.maintenances if work.status.is_active or _ends_at(work).date() >= oldest)
    language = Language("en", snapshot.organisation.zone)
    inputs = (snapshot.organisation.name, snapshot.public_url, language, works)
    return [Part("/calendar.ics", calendar, inputs, CALENDAR)]


def calendar(organisation: str, public_url: str, language: Language, works: Iterable[Maintenance]) -> bytes:
    """The calendar file. Nothing in it depends on when it is made."""
    name = printable(f"{organisation} planned work")
    made = Calendar()
    made.add("prodid", "-//Porchlight//Planned work//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("x-wr-timezone", language.zone.key)
    made.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    for work in works:
        made.add_component(_event(work, public_url, language))
    if not made.subcomponents:
        made.add_component(_clock())
    return bytes(made.to_ical())


def _event(work: Maintenance, public_url: str, language: Language) -> Event:
    event = Event()
    event.add("uid", f"maintenance-{work.id}@{host(public_url)}")
    event.add("sequence", work.version)
    event.add("dtstamp", work.updated_at)
    event.add("created", work.created_at)
    event.add("last-modified", work.updated_at)
    event.add("dtstart", work.scheduled_for if work.is_cancelled else work.began_at)
    event.add("dtend", _ends_at(work))
    # Many programs show a cancelled event like any other, so that its name has to say it too.
    event.add("summary", printable(f"{'Cancelled' if work.is_cancelled else 'Planned work'}: {work.title}"))
    event.add("description", printable(_description(work, language)))
    event.add("url", absolute(public_url, incident_path(work.id)))
    event.add("status", "CANCELLED" if work.is_cancelled else "CONFIRMED")
    # It closes a service, not the reader's afternoon.
    event.add("transp", "TRANSPARENT")
    return event


def _clock() -> Timezone:
    """What an empty calendar holds: RFC 5545, section 3.6, wants at least one component."""
    clock, standard = Timezone(), TimezoneStandard()
    clock.add("tzid", "UTC")
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 - an onset is told in local time
    standard.add("tzoffsetfrom", timedelta())
    standard.add("tzoffsetto", timedelta())
    clock.add_component(standard)
    return clock


def _ends_at(work: Maintenance) -> datetime:
    """When it ended, or is to end; an event may not end before it starts."""
    if work.is_cancelled:
        return work.scheduled_until
    ends_at = work.completed_at or work.scheduled_until
    return ends_at if ends_at > work.began_at else work.began_at + timedelta(minutes=1)


def _description(work: Maintenance, language: Language) -> str:
    closed = ", ".join(component.name for component in work.components)
    said = full_text(work.updates[-1], language) if work.updates else ""
    return "\n\n".join(part for part in (f"Closed: {closed}." if closed else "", said) if part)
