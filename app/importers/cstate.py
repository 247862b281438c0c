"""A cState site: a folder with `config.yml` and one Markdown file per issue in `content/issues`.

The front matter says when and what; the text below it is a log, newest first, which people divide
by lines such as `[Initial message]`, `[Update]` and `[Final message]`, mostly without a time.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from app.commands.imported import (
    ImportedChange,
    ImportedComponent,
    ImportedIncident,
    ImportedMaintenance,
    ImportedRecord,
    ImportedUpdate,
)
from app.domain.components import ComponentStatus
from app.domain.errors import RefusedError
from app.domain.incidents import IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.domain.severity import Impact, Kind, Severity, impact_of
from app.importers.fields import Fields, body, parse_moment
from app.importers.reading import YAML_LIMIT, file_in, files_in, parse_yaml, read_text, read_yaml
from app.importers.records import Defects, Record, Skipped
from app.importers.text import without_comments

CONFIGS = ("config.yml", "config.yaml")
ISSUES = "content/issues"

_FRONT = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*$\n?(.*)", re.DOTALL | re.MULTILINE)
_MARKER = re.compile(
    r"^[ \t*#_]*\[[ \t]*((?:initial|open|updat|edit|final|clos|end of|resolv)[^\]\n]*)\](?!\()[*_: \t]*",
    re.MULTILINE | re.IGNORECASE,
)
_RULE = re.compile(r"^[-_*= ]{3,}$", re.MULTILINE)
_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]+(\d{1,2})[h:](\d{2})\s*(?:UTC|GMT|Z)", re.ASCII | re.IGNORECASE)
_LONG_STAMP = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([a-z]{3})[a-z]* (\d{4})\W+(\d{1,2})[h:](\d{2})\s*(?:UTC|GMT)",
    re.ASCII | re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IS_PLANNED = re.compile(r"\bmaintenance", re.IGNORECASE)
_STATES = {
    "down": ComponentStatus.MAJOR_OUTAGE,
    "disrupted": ComponentStatus.PARTIAL_OUTAGE,
    "notice": ComponentStatus.OPERATIONAL,
}


def read_cstate(path: Path, now: datetime) -> Iterator[Record]:
    """Read a site's folder. An issue that cannot be read is skipped; the others arrive.

    Planned work without an end that lies after `now` has not begun.

    Raises:
        RefusedError: it is not such a folder, or its configuration cannot be read.
    """
    if not (path / ISSUES).is_dir():
        raise RefusedError(f"“{path.name}” is not a cState site: it has no folder {ISSUES}.")
    config = _config(path)
    components = {component.external_id: component for component in _systems(config)}
    zone = _zone(config)
    for file, reason in files_in(path, f"{ISSUES}/*.md"):
        if not file.name.startswith("_"):
            yield Skipped(file.name, reason) if reason else _issue(file, zone, components, now)
    yield from components.values()


def _config(path: Path) -> Mapping[str, object]:
    found = file_in(path, *CONFIGS)
    if found is None:
        raise RefusedError(f"“{path.name}” is not a cState site: it has no {CONFIGS[0]}.")
    content = read_yaml(found)
    if not isinstance(content, dict):
        raise RefusedError(f"“{found.name}” is not the configuration of a cState site.")
    return content


def _systems(config: Mapping[str, object]) -> Iterator[ImportedComponent]:
    params = config.get("params")
    fields = Fields(params if isinstance(params, dict) else {}, Defects())
    untitled = {item.text("name") for item in fields.records("categories") if item.is_true("untitled")}
    for item in fields.records("systems"):
        name, group = item.text("name"), item.text("category")
        if name:
            yield ImportedComponent(
                external_id=name,
                name=name,
                is_live=True,
                group="" if group in untitled else group,
                description=item.text("description", limit=1_000),
            )


def _zone(config: Mapping[str, object]) -> tzinfo | None:
    """The zone that Hugo reads zone-less dates in, where the site sets one."""
    name = config.get("timeZone")
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (KeyError, ValueError, OSError):
        raise RefusedError(f"“{name}” in the configuration is not a time zone.") from None


def _issue(file: Path, zone: tzinfo | None, components: dict[str, ImportedComponent], now: datetime) -> Record:
    try:
        text = read_text(file, limit=YAML_LIMIT)
        front = _FRONT.match(text.replace("\r\n", "\n"))
        content = parse_yaml(front[1], file.name) if front else None
    except RefusedError as error:
        return Skipped(file.name, str(error))
    if front is None or not isinstance(content, dict):
        return Skipped(file.name, "It has no front matter.")
    defects = Defects()
    if "\r\n" in text:
        defects.note("The file has the line ends of another system.")
    issue = _Issue(Fields(content, defects, zone), file.stem, front[2], components)
    return issue.record(now) or Skipped(file.name, "It does not say when it started.")


class _Issue:
    """One issue: its front matter, its log, and the components it names."""

    def __init__(self, fields: Fields, stem: str, log: str, components: dict[str, ImportedComponent]) -> None:
        self.fields, self.defects, self.stem = fields, fields.defects, stem
        self.messages = split_log(log)
        self.affected = tuple(self._affected(components))

    def record(self, now: datetime) -> ImportedRecord | None:
        """The issue as an incident, or as planned work; None when it does not say when."""
        started_at = self.fields.moment("date")
        if started_at is None:
            return None
        ended_at = self._end(started_at)
        title = self.fields.title("title")
        if self.fields.is_true("informational") or _IS_PLANNED.search(title):
            return self._maintenance(title, started_at, ended_at, now)
        return self._incident(title, started_at, ended_at)

    def _affected(self, components: dict[str, ImportedComponent]) -> Iterator[str]:
        raw = self.fields.raw.get("affected") or []
        listed = raw if isinstance(raw, list) else [raw]
        names = [Fields({"name": item}, self.defects).text("name") for item in listed]
        if not any(names):
            self.defects.note("It names no component.")
        for name in dict.fromkeys(filter(None, names)):
            if not components.setdefault(name, ImportedComponent(name, name)).is_live:
                self.defects.note(f"“{name}” is not one of the site's systems.")
            yield name

    def _end(self, started_at: datetime) -> datetime | None:
        """When it was over. Never before it began: then it began and ended at once."""
        if not self.fields.is_true("resolved"):
            return None
        ended_at = self.fields.moment("resolvedWhen")
        if ended_at is None:
            self.defects.note("It does not say when it was resolved; its start was taken for that.")
        elif ended_at < started_at:
            self.defects.note("It was resolved before it started; its end was set to its start.")
        return max(ended_at or started_at, started_at)

    def _incident(self, title: str, started_at: datetime, ended_at: datetime | None) -> ImportedIncident:
        state = self.fields.choice("severity", _STATES, ComponentStatus.OPERATIONAL, "severity of cState")
        severity = self._severity(state)
        return ImportedIncident(
            external_id=self.stem,
            title=title,
            kind=Kind.OUTAGE,
            severity=severity,
            impact=Impact.NONE if severity is Severity.LOW else impact_of(severity),
            status=IncidentStatus.RESOLVED if ended_at else IncidentStatus.INVESTIGATING,
            started_at=started_at,
            resolved_at=ended_at,
            created_at=started_at,
            updated_at=ended_at or started_at,
            updates=self._updates(_OUTAGE, state, started_at, ended_at),
            states=dict.fromkeys(self.affected, ComponentStatus.OPERATIONAL if ended_at else state),
            defects=self.defects.sentences(),
        )

    def _severity(self, state: ComponentStatus) -> Severity:
        """`down` is critical, and only high where a single system is."""
        if state is ComponentStatus.MAJOR_OUTAGE:
            return Severity.HIGH if len(self.affected) == 1 else Severity.CRITICAL
        return Severity.MEDIUM if state is ComponentStatus.PARTIAL_OUTAGE else Severity.LOW

    def _maintenance(
        self, title: str, started_at: datetime, ended_at: datetime | None, now: datetime
    ) -> ImportedMaintenance:
        if ended_at is None:
            self.defects.note("It does not say until when the work is planned.")
        status = MaintenanceStatus.COMPLETED if ended_at else MaintenanceStatus.IN_PROGRESS
        if ended_at is None and started_at > now:
            status = MaintenanceStatus.SCHEDULED
        is_future = status is MaintenanceStatus.SCHEDULED
        state = ComponentStatus.OPERATIONAL if is_future else ComponentStatus.UNDER_MAINTENANCE
        return ImportedMaintenance(
            external_id=self.stem,
            title=title,
            status=status,
            scheduled_for=started_at,
            scheduled_until=ended_at or started_at,
            started_at=None if is_future else started_at,
            completed_at=ended_at,
            created_at=started_at,
            updated_at=ended_at or started_at,
            updates=self._updates(_WORK, state, started_at, ended_at),
            states=dict.fromkeys(self.affected, state if status.is_active else ComponentStatus.OPERATIONAL),
            defects=self.defects.sentences(),
        )

    def _updates(
        self, course: "_Course", state: ComponentStatus, started_at: datetime, ended_at: datetime | None
    ) -> tuple[ImportedUpdate, ...]:
        """The log as updates, oldest first: the first was said at the start, the final one at the end."""
        if not self.messages:
            self.defects.note("It has no text.")
        found: list[ImportedUpdate] = []
        for number, message in enumerate(self.messages):
            is_last = ended_at is not None and message.is_final and message is self.messages[-1]
            said_at = ended_at if is_last else started_at if number == 0 else _stamp(message.marker)
            if said_at is None:
                self.defects.count("update does not say when", "updates do not say when")
            known_at = said_at or found[-1].said_at
            found.append(
                ImportedUpdate(
                    external_id=str(number + 1),
                    status=course.last if is_last else course.first if number == 0 else course.between,
                    body=body(message.text, self.defects),
                    display_at=said_at,
                    created_at=known_at,
                    updated_at=known_at,
                    changes=self._changes(state, begins=number == 0, ends=is_last),
                )
            )
        return tuple(found)

    def _changes(self, state: ComponentStatus, *, begins: bool, ends: bool) -> tuple[ImportedChange, ...]:
        """The front matter gives every system one state from start to end."""
        well = ComponentStatus.OPERATIONAL
        if state is well or not (begins or ends):
            return ()
        old, new = (well if begins else state), (well if ends else state)
        return tuple(ImportedChange(name, name, old, new) for name in self.affected)


@dataclass(frozen=True, slots=True)
class _Course:
    """The statuses that the first update, those between and the final one stand for."""

    first: IncidentStatus | MaintenanceStatus
    between: IncidentStatus | MaintenanceStatus
    last: IncidentStatus | MaintenanceStatus


_OUTAGE = _Course(IncidentStatus.INVESTIGATING, IncidentStatus.INVESTIGATING, IncidentStatus.RESOLVED)
_WORK = _Course(MaintenanceStatus.SCHEDULED, MaintenanceStatus.IN_PROGRESS, MaintenanceStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class Message:
    """One part of a log, and the words of the line above it."""

    marker: str
    text: str

    @property
    def is_first(self) -> bool:
        """Whether its marker calls it the first."""
        return self.marker.lower().startswith(("initial", "open"))

    @property
    def is_final(self) -> bool:
        """Whether its marker calls it the last."""
        return self.marker.lower().startswith(("final", "clos", "end of", "resolv"))


def split_log(log: str) -> tuple[Message, ...]:
    """The parts of a log, oldest first.

    What stands above the first marker is the first message, or a note on it where there is one.
    """
    text = _RULE.sub("", without_comments(log))
    marks = list(_MARKER.finditer(text))
    starts = [*(mark.start() for mark in marks), len(text)]
    parts = [
        Message(mark[1].strip(), text[mark.end() : end].strip()) for mark, end in zip(marks, starts[1:], strict=True)
    ]
    if not (parts and parts[0].is_first and not parts[-1].is_first):
        parts.reverse()
    return tuple(_with_preamble(parts, text[: starts[0]].strip()))


def _with_preamble(parts: list[Message], preamble: str) -> list[Message]:
    if not preamble:
        return parts
    if parts and parts[0].is_first:
        return [Message(parts[0].marker, f"{parts[0].text}\n\n{preamble}"), *parts[1:]]
    return [Message("", preamble), *parts]


def _stamp(marker: str) -> datetime | None:
    """The moment that a marker names in full: "Update - 2023-03-29 15h50 UTC"."""
    if match := _STAMP.search(marker):
        return parse_moment(f"{match[1]} {match[2]}:{match[3]}", UTC)
    if (match := _LONG_STAMP.search(marker)) and match[2].lower() in _MONTHS:
        month = _MONTHS.index(match[2].lower()) + 1
        return parse_moment(f"{match[3]}-{month}-{match[1]} {match[4]}:{match[5]}", UTC)
    return None
