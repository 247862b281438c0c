"""Every HTML document of the public page, as parts that a publisher renders only when they move.

English stands at the root, other languages below their code. `app.publish.html` holds the
Content-Security-Policy that these documents are to be sent with.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby

from app.domain.components import Component, ComponentStatus
from app.domain.history import Day, component_days
from app.domain.incidents import Incident, periods
from app.domain.maintenance import Maintenance, MaintenanceStatus
from app.domain.reach import Reach, WayIn
from app.domain.survey import is_asked
from app.publish.addresses import component_path, in_language, incident_path
from app.publish.archive_pages import (
    Names,
    render_component,
    render_history,
    render_maintenance,
    render_month,
    render_open_record,
    render_record,
)
from app.publish.bars import bars
from app.publish.documents import Effort
from app.publish.filters import short_names
from app.publish.html import asset_parts
from app.publish.is_it_me import self_checks
from app.publish.language import Language
from app.publish.living_pages import (
    PAST_DAYS,
    render_front,
    render_lost,
    render_offices,
    render_self_check,
    sentence_to_forward,
)
from app.publish.parts import Part
from app.publish.snapshot import PublicSnapshot
from app.publish.verdict import Tone, Verdict, verdict
from app.publish.ways_in import Door
from app.publish.wording import Record, reach_word

_LATEST = 10


def page_parts(snapshot: PublicSnapshot) -> Iterator[Part]:
    """Every page and every file that pages refer to, not rendered yet."""
    yield from asset_parts()
    past = Past(snapshot)
    for code in snapshot.organisation.languages:
        language = Language(code, snapshot.organisation.zone)
        yield from living_parts(snapshot, past, language)
        yield from component_parts(snapshot, past, language)
        yield from record_parts(snapshot, language)
        yield from history_parts(snapshot, past, language)


@dataclass(frozen=True)
class Past:
    """What the pages of every language ask of the history, worked out once per snapshot."""

    snapshot: PublicSnapshot

    @cached_property
    def days(self) -> Mapping[str, tuple[Day, ...]]:
        """Each component's last days, by slug."""
        return component_days(
            self.snapshot.components,
            self.snapshot.incidents,
            self.snapshot.maintenances,
            now=self.snapshot.as_of,
            zone=self.snapshot.organisation.zone,
            days=PAST_DAYS,
        )

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Incidents and the work that has begun, newest first."""
        begun = (work for work in self.snapshot.maintenances if work.status is not MaintenanceStatus.SCHEDULED)
        return tuple(sorted((*self.snapshot.incidents, *begun), key=_began_at, reverse=True))

    @cached_property
    def months(self) -> Mapping[str, tuple[Record, ...]]:
        """The records by the local month in which they began ("2026-04"), newest first."""
        zone = self.snapshot.organisation.zone
        months = groupby(self.records, key=lambda record: _began_at(record).astimezone(zone).strftime("%Y-%m"))
        return {month: tuple(records) for month, records in months}

    @cached_property
    def latest(self) -> Mapping[str, tuple[Record, ...]]:
        """The last few records that name each component, by slug."""
        found: defaultdict[str, list[Record]] = defaultdict(list)
        for record in self.records:
            for slug in {item.slug for item in record.components}:
                if len(found[slug]) < _LATEST:
                    found[slug].append(record)
        return {slug: tuple(records) for slug, records in found.items()}


def _began_at(record: Record) -> datetime:
    return record.began_at if isinstance(record, Maintenance) else record.started_at


def living_parts(snapshot: PublicSnapshot, past: Past, language: Language) -> Iterator[Part]:
    """What follows the state of the day: front page, "Is it me?", one-pager, and the page for lost readers."""
    code, organisation, as_of = language.code, snapshot.organisation, snapshot.as_of
    said = verdict(snapshot, language)
    on = language.local(as_of).date()
    forward = sentence_to_forward(snapshot, said, language)
    components = tuple(item.in_language(code) for item in snapshot.components)
    yield _part("/", render_front, snapshot, past.days, code)
    yield _part("/is-it-me", render_self_check, organisation, self_checks(snapshot, language), code)
    yield _part("/offices", render_offices, organisation, components, forward, on, code)
    yield _part("/404", render_lost, organisation, said, as_of, code)


def _part(path: str, render: Callable[..., bytes], *inputs: object, effort: Effort = Effort.BEST) -> Part:
    """A part of the language that its last input names."""
    return Part(in_language(path, str(inputs[-1])), render, inputs, effort=effort)


def component_parts(snapshot: PublicSnapshot, past: Past, language: Language) -> Iterator[Part]:
    """One page per component: its state, its door, its days, its latest records."""
    known = _names(snapshot, language)
    items = {item.slug: item.in_language(language.code) for item in snapshot.components}
    for component in snapshot.components:
        item, way = items[component.slug], snapshot.ways[component.slug]
        latest = past.latest.get(item.slug, ())
        yield _part(
            component_path(item.slug),
            render_component,
            snapshot.organisation,
            item,
            _state(component, way, language),
            _door(item, items.get(way.through or "")),
            bars(item, past.days[item.slug], language),
            latest,
            _names_in(latest, known),
            language.code,
            effort=Effort.QUICK,
        )


def _door(item: Component, through: Component | None) -> Door | None:
    """The direct sign-in to show: the one that leads to it now, or else its own."""
    owner = through or item
    return Door(item, owner.direct_link, owner) if owner.direct_link.is_door else None


def _state(component: Component, way: WayIn, language: Language) -> tuple[str, str]:
    """The shape and the word for what a member can do about it."""
    word = reach_word(component, way, language)
    match way.reach:
        case Reach.ANOTHER_DOOR:
            return "door", word
        case Reach.WORKING if component.status is not ComponentStatus.OPERATIONAL:
            return "part", word
        case Reach.STOPPED if component.status is ComponentStatus.UNDER_MAINTENANCE:
            return "closed", word
        case _:
            return way.reach.value, word


def record_parts(snapshot: PublicSnapshot, language: Language) -> Iterator[Part]:
    """One page per incident and per piece of planned work."""
    known = _names(snapshot, language)
    records: tuple[Record, ...] = (*snapshot.incidents, *snapshot.maintenances)
    for record in records:
        inputs = (snapshot.organisation, record, _names_in([record], known))
        path = incident_path(record.id)
        if _is_going_on(record):
            said = _promise(record, snapshot.as_of)
            yield _part(path, render_open_record, *inputs, said, snapshot.as_of, language.code)
        else:
            asks = isinstance(record, Incident) and is_asked(record.resolved_at, snapshot.as_of)
            yield _part(path, render_record, *inputs, asks, language.code, effort=Effort.QUICK)


def _is_going_on(record: Record) -> bool:
    return record.status.is_active if isinstance(record, Maintenance) else record.is_open


def _promise(record: Record, as_of: datetime) -> Verdict:
    """Since when it lasts and when the next word comes."""
    since = _began_at(record) if isinstance(record, Maintenance) else periods(record)[-1][0]
    promised = record.promised_at
    is_late = promised is not None and as_of > promised
    return Verdict(record.title, Tone.TROUBLE, since=since, next_update_at=promised, is_late=is_late)


def history_parts(snapshot: PublicSnapshot, past: Past, language: Language) -> Iterator[Part]:
    """The list of months, every month, and planned work."""
    code, organisation, known = language.code, snapshot.organisation, _names(snapshot, language)
    latest = past.records[:_LATEST]
    counts = tuple((month, len(records)) for month, records in past.months.items())
    yield _part("/history", render_history, organisation, counts, latest, _names_in(latest, known), code)
    months = ["", *sorted(past.months), ""]
    for before, month, after in zip(months, months[1:], months[2:], strict=False):
        records = past.months[month]
        names = _names_in(records, known)
        inputs = (organisation, month, records, (before, after), names, code)
        yield _part(f"/history/{month}", render_month, *inputs, effort=Effort.QUICK)
    yield _maintenance_part(snapshot, known, language)


def _maintenance_part(snapshot: PublicSnapshot, known: Names, language: Language) -> Part:
    over = (work for work in snapshot.maintenances if work.status is MaintenanceStatus.COMPLETED)
    past = tuple(sorted(over, key=_began_at, reverse=True)[:_LATEST])
    lists = (snapshot.active_maintenances, snapshot.upcoming_maintenances, past)
    names = _names_in([work for works in lists for work in works], known)
    return _part("/maintenance", render_maintenance, snapshot.organisation, *lists, names, language.code)


def _names(snapshot: PublicSnapshot, language: Language) -> dict[str, str]:
    return short_names(item.in_language(language.code) for item in snapshot.components)


def _names_in(records: Iterable[Record], known: Names) -> dict[str, str]:
    """Only the names that these records need, so that no other renaming touches their pages."""
    return {item.slug: known[item.slug] for record in records for item in record.components if item.slug in known}
