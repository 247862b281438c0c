"""A long memory: 5,000 incidents of history and 200 components.

    python -m bench long_history

How long a publication takes once the archive stands, what the first one costs, and how much memory
a web process needs that serves it all.
"""

import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from app.commands.components import ComponentDraft, save_components, save_groups
from app.commands.imported import ImportedChange, ImportedComponent, ImportedIncident, ImportedUpdate
from app.commands.imported_components import upsert_components
from app.commands.imports import record_import, upsert_history
from app.commands.incidents import IncidentDraft, open_incident
from app.domain.components import AuthMode, ComponentStatus, DirectLink
from app.domain.incidents import IncidentStatus, UpdateDraft
from app.domain.severity import Impact, Kind
from app.publish.catalogue import all_parts
from app.publish.directory import DirectorySink
from app.publish.publisher import Publisher
from app.publish.sinks import MemorySink
from app.store.organisation import OrganisationRow
from app.store.schema import migrate
from app.store.session import Database
from bench.harness import Row, free_port, machine, running, table

INCIDENTS, COMPONENTS = 5_000, 200
PUBLICATIONS = 10
SOURCE = "bench"
LIMITS = {"publish": 2.0, "memory": 250}
"""Seconds and megabytes that the issue allows."""

_NOW = datetime.now(UTC)
_SENTENCES = (
    "The supplier found the fault and is replacing the part.",
    "Confirmed appointments still stand; book new ones by phone.",
    "Website feeds are two hours behind and catching up in order.",
    "Nobody needs to enter a listing twice.",
    "We test every direct sign-in on this page once an hour.",
)


def run() -> str:
    """Measure and report as a Markdown table."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/porchlight.db"
        database = Database.open(url)
        migrate(database)
        with database.transaction() as session:
            build(session)
        publisher = Publisher(
            database,
            [MemorySink(), DirectorySink(Path(folder) / "public")],
            all_parts,
            public_url="http://127.0.0.1:8000",
            owner="bench",
            clock=lambda: datetime.now(UTC),
        )
        first = _timed(publisher)
        later = [_after_an_update(database, publisher, number) for number in range(PUBLICATIONS)]
        database.close()
        memory = _memory_of_web_process(folder, url)
    return _report(first, later, memory)


def build(session: Session) -> None:
    """The organisation, its components and their long history, by the product's own commands."""
    chosen = random.Random(1)  # noqa: S311 - the same history every time
    session.add(
        OrganisationRow(
            page_id="benchbench12",
            name="Bench MLS",
            short_name="BMLS",
            time_zone="America/Chicago",
            created_at=_NOW,
            updated_at=_NOW,
        )
    )
    save_groups(session, [(f"g{number}", f"Group {number}", {}) for number in range(10)], now=_NOW)
    save_components(session, [_component(number) for number in range(COMPONENTS)], now=_NOW)
    known = [ImportedComponent(external_id=str(number), name=_name(number)) for number in range(COMPONENTS)]
    refs = upsert_components(session, SOURCE, known, now=_NOW)
    records = [_incident(chosen, number) for number in range(INCIDENTS)]
    for start in range(0, INCIDENTS, 500):
        upsert_history(session, SOURCE, records[start : start + 500], refs)
    record_import(session, SOURCE, INCIDENTS, now=_NOW)


def _name(number: int) -> str:
    return f"Service number {number}"


def _component(number: int) -> ComponentDraft:
    return ComponentDraft(
        slug=f"component-{number}",
        name=_name(number),
        group=f"g{number % 10}",
        reached_via=() if number < 5 else (f"component-{number % 5}",),
        direct_link=DirectLink(f"https://door-{number}.example", AuthMode.OWN_PASSWORD),
        workaround="Book by phone or sign in directly.",
    )


def _incident(chosen: random.Random, number: int) -> ImportedIncident:
    """One of them every six hours, open for an hour, with four updates."""
    began = _NOW - timedelta(hours=6 * (INCIDENTS - number))
    component = str(chosen.randrange(COMPONENTS))
    state = chosen.choice((ComponentStatus.MAJOR_OUTAGE, ComponentStatus.DEGRADED_PERFORMANCE))
    fine = ComponentStatus.OPERATIONAL
    steps = (
        (0, IncidentStatus.INVESTIGATING, (fine, state)),
        (20, IncidentStatus.IDENTIFIED, None),
        (40, IncidentStatus.MONITORING, None),
        (60, IncidentStatus.RESOLVED, (state, fine)),
    )
    return ImportedIncident(
        external_id=str(number),
        title=f"{_name(int(component))} is failing",
        kind=Kind.OUTAGE,
        impact=Impact.MAJOR,
        status=IncidentStatus.RESOLVED,
        started_at=began,
        created_at=began,
        updated_at=began + timedelta(hours=1),
        resolved_at=began + timedelta(hours=1),
        updates=tuple(
            _update(chosen, f"{number}-{minutes}", began + timedelta(minutes=minutes), status, component, change)
            for minutes, status, change in steps
        ),
        states={component: fine},
    )


def _update(
    chosen: random.Random,
    external_id: str,
    at: datetime,
    status: IncidentStatus,
    component: str,
    change: tuple[ComponentStatus, ComponentStatus] | None,
) -> ImportedUpdate:
    changes = (ImportedChange(component, _name(int(component)), *change),) if change else ()
    words = " ".join(chosen.choice(_SENTENCES) for _ in range(4))
    return ImportedUpdate(external_id, status, words, at, at, at, changes)


def _timed(publisher: Publisher) -> float:
    began = time.perf_counter()
    publisher.publish()
    return time.perf_counter() - began


def _after_an_update(database: Database, publisher: Publisher, number: int) -> float:
    now = datetime.now(UTC)
    words = UpdateDraft(
        IncidentStatus.INVESTIGATING,
        body=_SENTENCES[0],
        components={f"component-{number}": ComponentStatus.MAJOR_OUTAGE},
        next_update_at=now + timedelta(hours=1),
    )
    with database.transaction() as session:
        open_incident(session, IncidentDraft("Failing now", words), now=now)
    return _timed(publisher)


def _memory_of_web_process(folder: str, url: str) -> dict[str, float]:
    environment = {"PORCHLIGHT_DATABASE_URL": url, "PORCHLIGHT_DATA_DIR": folder, "PORCHLIGHT_LOG_LEVEL": "WARNING"}
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    with running(command, port, environment) as process:
        time.sleep(3)
        status = Path(f"/proc/{process}/status").read_text()
    return {
        field: int(line.split()[1]) / 1024
        for line in status.splitlines()
        for field in ("VmRSS", "VmHWM")
        if line.startswith(field)
    }


def _report(first: float, later: list[float], memory: dict[str, float]) -> str:
    rows = [
        Row(("first publication, everything", f"{first:.1f} s", "")),
        Row(("publication after an update, median", f"{statistics.median(later):.2f} s", f"{LIMITS['publish']:.0f} s")),
        Row(("publication after an update, worst", f"{max(later):.2f} s", f"{LIMITS['publish']:.0f} s")),
        Row(("memory of the web process", f"{memory['VmRSS']:.0f} MB", f"{LIMITS['memory']} MB")),
        Row(("its highest", f"{memory['VmHWM']:.0f} MB", f"{LIMITS['memory']} MB")),
    ]
    return f"{machine('uvicorn', 'brotli', 'jinja2')}\n\n{table(('', 'measured', 'allowed'), rows)}"
