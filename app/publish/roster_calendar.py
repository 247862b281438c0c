"""Somebody's duties, or those of a role, as a calendar that a telephone subscribes to (RFC 5545, RFC 7986)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from app.domain.roster import Duty, Roster
from app.domain.text import printable

_REFRESH = timedelta(hours=1)


def person_calendar(roster: Roster, person_id: str, *, host: str, now: datetime) -> bytes:
    """Every stretch in which this person is on duty; the summary is the role."""
    person = roster.person(person_id)
    names = {role.key: role.name for role in roster.roles}
    mine = (duty for role in roster.roles for duty in roster.duties_in(role.key) if duty.person_id == person_id)
    events = [_event(duty, names[duty.role], host, now) for duty in mine]
    return _calendar(f"{person.name if person else 'Nobody'}: on duty", events)


def role_calendar(roster: Roster, key: str, *, host: str, now: datetime) -> bytes:
    """Every stretch of that role; the summary is who is on duty."""
    role = roster.role(key)
    events = [
        _event(duty, person.name, host, now)
        for duty in roster.duties_in(key)
        if (person := roster.person(duty.person_id)) is not None
    ]
    return _calendar(role.name if role else key, events)


def _event(duty: Duty, summary: str, host: str, now: datetime) -> Event:
    assert duty.starts_at  # noqa: S101 - only a duty of nobody is without a start or an end
    assert duty.ends_at  # noqa: S101
    event = Event()
    event.add("uid", f"{duty.role}-{duty.starts_at:%Y%m%dT%H%M%SZ}@{host}")
    event.add("dtstamp", now)
    event.add("dtstart", duty.starts_at)
    event.add("dtend", duty.ends_at)
    event.add("summary", printable(summary))
    return event


def _calendar(name: str, events: Iterable[Event]) -> bytes:
    made = Calendar()
    made.add("prodid", "-//Porchlight//Roster//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("name", printable(name))
    made.add("x-wr-calname", printable(name))
    made.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    for event in events:
        made.add_component(event)
    if not made.subcomponents:
        made.add_component(_clock())
    return bytes(made.to_ical())


def _clock() -> Timezone:
    """A calendar needs one component (RFC 5545, 3.6): the clock it is told by."""
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 - local by definition (RFC 5545, 3.6.5)
    standard.add("tzoffsetfrom", timedelta())
    standard.add("tzoffsetto", timedelta())
    clock = Timezone()
    clock.add("tzid", "Etc/UTC")
    clock.add_component(standard)
    return clock
