"""The documents that remember: incidents, planned work, months, components.

Each `render_*` is a pure function of its arguments (see `parts`). What is over is told in full
dates and never depends on the present moment, so that it is rendered once and kept.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby

from app.domain.components import Component
from app.domain.incidents import DeadlineRelief, Incident
from app.domain.organisation import Organisation
from app.domain.stages import Fix
from app.publish.addresses import component_path, incident_path
from app.publish.bars import Bars
from app.publish.html import render
from app.publish.language import Language
from app.publish.verdict import Verdict
from app.publish.ways_in import Door
from app.publish.wording import Record

Names = Mapping[str, str]
"""Short names of the components that have a page, by slug."""


def render_record(organisation: Organisation, record: Record, names: Names, asks: bool, code: str) -> bytes:
    """The page of something that is over, or only planned; `asks` members how it went (R47)."""
    return _record(organisation, record, names, code, said=None, as_of=None, asks=asks)


def render_open_record(
    organisation: Organisation, record: Record, names: Names, said: Verdict, as_of: datetime, code: str
) -> bytes:
    """The page of something that is going on; `said` carries its times and its promise."""
    return _record(organisation, record, names, code, said=said, as_of=as_of)


def _record(
    organisation: Organisation,
    record: Record,
    names: Names,
    code: str,
    *,
    said: Verdict | None,
    as_of: datetime | None,
    asks: bool = False,
) -> bytes:
    is_open = said is not None
    return render(
        "record.html",
        Language(code, organisation.zone),
        path=incident_path(record.id),
        organisation=organisation,
        as_of=as_of,
        lit=is_open,
        living=is_open,
        record=record,
        names=names,
        said=said,
        relief=_relief(record),
        is_temporary=isinstance(record, Incident) and record.fix is Fix.TEMPORARY,
        asks=asks,
    )


def _relief(record: Record) -> DeadlineRelief | None:
    return record.relief if isinstance(record, Incident) else None


def render_history(
    organisation: Organisation, months: Sequence[tuple[str, int]], latest: Sequence[Record], names: Names, code: str
) -> bytes:
    """The list of months ("2026-04" with the number of its entries, newest first) and the latest entries."""
    language = Language(code, organisation.zone)
    told = [(language.month(_first_of(key)), key, count) for key, count in months]
    return render(
        "history.html",
        language,
        path="/history",
        organisation=organisation,
        latest=latest,
        names=names,
        years=[(year, list(entries)) for year, entries in groupby(told, key=lambda entry: entry[1][:4])],
    )


def render_month(
    organisation: Organisation,
    month: str,
    entries: Sequence[Record],
    neighbours: tuple[str, str],
    names: Names,
    code: str,
) -> bytes:
    """One month; `neighbours` are the months before and after it that have a page, or empty."""
    language = Language(code, organisation.zone)
    before, after = neighbours
    return render(
        "month.html",
        language,
        path=f"/history/{month}",
        organisation=organisation,
        month=language.month(_first_of(month)),
        entries=entries,
        names=names,
        before=before,
        after=after,
    )


def _first_of(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def render_component(
    organisation: Organisation,
    item: Component,
    state: tuple[str, str],
    door: Door | None,
    row: Bars,
    latest: Sequence[Record],
    names: Names,
    code: str,
) -> bytes:
    """One component; `state` is the name of its shape and its word."""
    shape, word = state
    return render(
        "component.html",
        Language(code, organisation.zone),
        path=component_path(item.slug),
        feed_path=component_path(item.slug),
        organisation=organisation,
        item=item,
        shape=shape,
        word=word,
        door=door,
        row=row,
        latest=latest,
        names=names,
    )


def render_maintenance(
    organisation: Organisation,
    active: Sequence[Record],
    upcoming: Sequence[Record],
    past: Sequence[Record],
    names: Names,
    code: str,
) -> bytes:
    """Planned work: going on, coming and past."""
    return render(
        "maintenance.html",
        Language(code, organisation.zone),
        path="/maintenance",
        organisation=organisation,
        active=active,
        upcoming=upcoming,
        past=past,
        names=names,
    )
