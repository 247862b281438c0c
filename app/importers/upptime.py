"""An Upptime repository: its services, and incidents worked out from its check results.

Upptime keeps a check result in a commit each, and `events.jsonl` holds them one per line (`at`,
`service`, `state` up, down or degraded, `http_code`, `response_ms`). The files in `history/` tell
only how things are now, so that no incident follows from them alone.

* Services that fall one after the other within `COMMON_CAUSE` are one incident: the checks run in
  turn, and each waits for its time-out.
* A service that falls again within `FLAPPING` after it came back reopens its incident, at most
  `LONGEST` after the first fall: a service that flaps is one trouble, not thirty.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from app.commands.imported import ImportedChange, ImportedComponent, ImportedIncident, ImportedUpdate
from app.domain.components import ComponentStatus, worst_status
from app.domain.errors import RefusedError
from app.domain.incidents import TITLE_LIMIT, IncidentStatus
from app.domain.severity import Kind, Severity, impact_of
from app.importers.fields import Fields
from app.importers.reading import file_in, files_in, read_json, read_text, read_yaml
from app.importers.records import Defects, Record, Skipped

COMMON_CAUSE = timedelta(seconds=30)
FLAPPING = timedelta(hours=1)
LONGEST = timedelta(days=1)

CONFIG, SUMMARY, EVENTS, HISTORY = "upptimerc.yml", "history/summary.json", "events.jsonl", "history"

_NAME_LIMIT = 100
_CONFIGS = (f".{CONFIG}", CONFIG)
_STATES = {
    "up": ComponentStatus.OPERATIONAL,
    "degraded": ComponentStatus.DEGRADED_PERFORMANCE,
    "down": ComponentStatus.MAJOR_OUTAGE,
}
_WELL = ComponentStatus.OPERATIONAL


def read_upptime(path: Path, _now: datetime) -> Iterator[Record]:
    """Read a repository's folder. A result that cannot be read is skipped; the others count.

    Raises:
        RefusedError: it is not such a folder, or its configuration cannot be read.
    """
    if not (path / HISTORY).is_dir() and not (path / EVENTS).is_file():
        raise RefusedError(f"“{path.name}” is not an Upptime repository: it has neither {HISTORY}/ nor {EVENTS}.")
    services = list(dict.fromkeys(_services(path)))
    results: list[_Result] = []
    for found in _results(path):
        if isinstance(found, Skipped):
            yield found
        else:
            results.append(found)
    for trouble in _troubles(sorted(results, key=lambda result: result.at)):
        yield trouble.incident(services)
    for name in dict.fromkeys([*services, *(result.service for result in results)]):
        yield ImportedComponent(name, name, is_live=name in services)


def _services(path: Path) -> Iterator[str]:
    """Names of the services, from the most telling file that is there."""
    if config := file_in(path, *_CONFIGS):
        yield from _names(read_yaml(config), config.name)
    elif summary := file_in(path, SUMMARY):
        yield from _names({"sites": read_json(summary)}, SUMMARY)
    else:
        for file, _ in files_in(path, f"{HISTORY}/*.yml"):
            yield file.stem.replace("-", " ").capitalize()[:_NAME_LIMIT]


def _names(content: object, file: str) -> Iterator[str]:
    if not isinstance(content, dict) or not isinstance(content.get("sites"), list):
        raise RefusedError(f"“{file}” lists no sites.")
    sites = Fields(content, Defects()).records("sites")
    yield from filter(None, (item.text("name", limit=_NAME_LIMIT) for item in sites))


@dataclass(frozen=True, slots=True)
class _Result:
    """One check of one service."""

    at: datetime
    service: str
    state: ComponentStatus
    code: str
    milliseconds: str

    def words(self) -> str:
        """What it found. Code 0 in 0 ms means that no connection was made at all."""
        if self.state is _WELL:
            return f"{self.service} is up ({self.code} in {self.milliseconds} ms)."
        how = "is down" if self.state is ComponentStatus.MAJOR_OUTAGE else "is slow"
        if self.code == "0":
            return f"{self.service} {how}: no connection."
        return f"{self.service} {how} ({self.code} in {self.milliseconds} ms)."


def _results(path: Path) -> Iterator[_Result | Skipped]:
    file = file_in(path, EVENTS)
    if file is None:
        yield Skipped(EVENTS, "It is missing, and the files in history/ tell only how things are now: no incidents.")
        return
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        if line.strip():
            yield _result(line, f"{EVENTS} line {number}")


def _result(line: str, place: str) -> _Result | Skipped:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return Skipped(place, "It is not JSON.")
    if not isinstance(raw, dict):
        return Skipped(place, "It is not a record.")
    fields = Fields(raw, Defects())
    at, service, state = (
        fields.moment("at"),
        fields.text("service", limit=_NAME_LIMIT),
        _STATES.get(fields.text("state").lower()),
    )
    if at is None or not service or state is None:
        return Skipped(place, "It needs a time, a service, and a state that is up, down or degraded.")
    return _Result(at, service, state, fields.text("http_code") or "?", fields.text("response_ms") or "?")


@dataclass(slots=True)
class _Trouble:
    """What will be one incident: the turns that its services took, in order."""

    turns: list[tuple[_Result, ComponentStatus]] = field(default_factory=list)
    states: dict[str, ComponentStatus] = field(default_factory=dict)
    last_fall: datetime | None = None

    def add(self, result: _Result) -> None:
        """One of its services changed its state."""
        before = self.states.get(result.service, _WELL)
        if before is _WELL:
            self.last_fall = result.at
        self.turns.append((result, before))
        self.states[result.service] = result.state

    def incident(self, services: list[str]) -> ImportedIncident:
        """All of it as one incident, with a word for every turn."""
        first = self.turns[0][0]
        updates = tuple(self._updates())
        is_over = set(self.states.values()) == {_WELL}
        worst = worst_status(result.state for result, _ in self.turns)
        severity = Severity.HIGH if worst is ComponentStatus.MAJOR_OUTAGE else Severity.MEDIUM
        return ImportedIncident(
            external_id=f"{first.service} {first.at.isoformat()}",
            title=self._title(),
            kind=Kind.OUTAGE,
            severity=severity,
            impact=impact_of(severity),
            status=IncidentStatus.RESOLVED if is_over else IncidentStatus.INVESTIGATING,
            started_at=first.at,
            resolved_at=updates[-1].said_at if is_over else None,
            created_at=first.at,
            updated_at=updates[-1].said_at,
            updates=updates,
            states=dict(self.states),
            defects=self._defects(services),
        )

    def _updates(self) -> Iterator[ImportedUpdate]:
        states: dict[str, ComponentStatus] = {}
        for number, (result, before) in enumerate(self.turns, start=1):
            states[result.service] = result.state
            is_over = set(states.values()) == {_WELL}
            yield ImportedUpdate(
                external_id=str(number),
                status=IncidentStatus.RESOLVED if is_over else IncidentStatus.INVESTIGATING,
                body=result.words(),
                display_at=result.at,
                created_at=result.at,
                updated_at=result.at,
                changes=(ImportedChange(result.service, result.service, before, result.state),),
            )

    def _title(self) -> str:
        names = list(self.states)
        verb = "is" if len(names) == 1 else "are"
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        how = "down" if any(result.state is ComponentStatus.MAJOR_OUTAGE for result, _ in self.turns) else "slow"
        title = f"{listed} {verb} {how}"
        return title if len(title) <= TITLE_LIMIT else f"{names[0]} and {len(names) - 1} more services are {how}"

    def _defects(self, services: list[str]) -> tuple[str, ...]:
        defects = Defects()
        if len(self.states) > 1:
            defects.note(f"{len(self.states)} services fell within moments of each other; taken as one common cause.")
        falls = sum(before is _WELL for _, before in self.turns)
        if falls > len(self.states):
            defects.note(f"Services fell {falls} times with less than an hour between; kept as one incident.")
        if any(result.code == "0" for result, _ in self.turns):
            defects.note("A check made no connection (code 0 in 0 ms), which may be a fault of the checker.")
        for name in self.states:
            if name not in services:
                defects.note(f"“{name}” is not one of the repository's services.")
        return defects.sentences()


def _troubles(results: list[_Result]) -> list[_Trouble]:
    """Every fall and recovery, gathered into troubles."""
    found: list[_Trouble] = []
    latest: dict[str, _Trouble] = {}
    since: dict[str, _Result] = {}
    for result in results:
        before = since.get(result.service)
        if result.state is (before.state if before else _WELL):
            continue
        if before is None or before.state is _WELL:
            latest[result.service] = _trouble_of(result, before, latest, found)
        latest[result.service].add(result)
        since[result.service] = result
    return found


def _trouble_of(
    fall: _Result, before: _Result | None, latest: Mapping[str, _Trouble], found: list[_Trouble]
) -> _Trouble:
    """The trouble that a fall belongs to: its service's own, the one that just began, or a new one."""
    own = latest.get(fall.service)
    if own and before and fall.at - before.at < FLAPPING and fall.at - own.turns[0][0].at < LONGEST:
        return own
    if found and found[-1].last_fall and fall.at - found[-1].last_fall <= COMMON_CAUSE:
        return found[-1]
    found.append(_Trouble())
    return found[-1]
