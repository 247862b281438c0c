"""The console with 5,000 incidents and 100,000 subscribers: statements and median server time of every page.

Asked in this process, as the server asks: the whole application with its guards, without a socket. A
statement is whatever the driver is told but BEGIN.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from argon2 import PasswordHasher

from app.commands import passwords
from app.commands.incidents import IncidentDraft, open_incident
from app.domain.accounts import Role
from app.domain.channels import Channel
from app.domain.components import ComponentStatus
from app.domain.incidents import IncidentStatus, UpdateDraft
from app.store.notices import newest_notices
from app.store.rates import set_sender
from app.store.schema import migrate
from app.store.session import Database
from app.web.admin.rooms import ROOMS
from app.web.admin.sections import SECTIONS
from bench.harness import Row, machine, table
from bench.long_history import build
from tests.commands.sign_ups import VAULT
from tests.deliver.world import subscribe
from tests.web.consoles import TESS, Browser, Console, Time, the_form

ROUNDS = 15
SUBSCRIBERS = 100_000
ADA = "ada@mls.example"
STATEMENTS, MILLISECONDS, PREVIEW_MILLISECONDS = 8, 100, 200


def run() -> str:
    """Measure and report as a Markdown table."""
    with long_console() as (console, browser, incident_id):
        console.hire(ADA, Role.ADMINISTRATOR)
        ada = console.signed_in(ADA)
        pages = _pages(console, incident_id)
        rows = [_page_row(console, ada, name, path) for name, path in pages.items()]
        rows.append(_preview_row(console, browser))
    head = ("page", "statements", "allowed", "median", "allowed")
    return f"{machine('fastapi', 'jinja2', 'sqlalchemy')}\n\n{table(head, rows)}"


@contextmanager
def long_console() -> Iterator[tuple[Console, Browser, str]]:
    """A console, somebody signed in to it, and the id of an open incident."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'porchlight.db'}")
        migrate(database)
        console = Console(database, time=Time(datetime.now(UTC)), builder=build)
        with database.transaction() as session:
            subscribe(session, SUBSCRIBERS, address_cipher=VAULT.seal("+12025550100"))
            set_sender(session, Channel.SMS, 20)
        now = console.time()
        said = UpdateDraft(
            IncidentStatus.INVESTIGATING,
            body="Members cannot sign in.",
            components={"component-0": ComponentStatus.MAJOR_OUTAGE},
            next_update_at=now + timedelta(hours=1),
        )
        with database.transaction() as session:
            incident = open_incident(session, IncidentDraft("Failing now", said), now=now)
            session.execute(sa.text("ANALYZE"))
        yield console, console.signed_in(TESS), incident.id
        database.close()


def _pages(console: Console, incident_id: str) -> Mapping[str, str]:
    """Every section, every room of one incident, and the pages below them that have much to look up."""
    with console.database.read() as session:
        (notice, *_) = newest_notices(session)
    rooms = {f"one incident: {room.name}": room.path(incident_id) for room in ROOMS}
    return (
        {section.name: section.path for section in SECTIONS}
        | rooms
        | {
            "one incident: who is told": f"/admin/incidents/{incident_id}/plan",
            "one incident: approval": _waiting(console, incident_id),
            "one incident: observations": f"/admin/incidents/{incident_id}/observations",
            "one incident: questions of the law": f"/admin/incidents/{incident_id}/questions",
            "one incident: circulation": f"/admin/incidents/{incident_id}/circulation",
            "new incident": "/admin/incidents/new",
            "one notice": f"/admin/notices/{notice.id}",
            "one notice: social media": f"/admin/notices/{notice.id}/social",
            "calendar": "/admin/maintenance/calendar",
            "component graph": "/admin/components/graph",
            "words of one event": "/admin/templates/resolved/en",
            "every section": "/admin/more",
        }
    )


def _waiting(console: Console, incident_id: str) -> str:
    """The path of a message that waits for a second person on that incident."""
    browser, path = console.signed_in(TESS), f"/admin/incidents/{incident_id}"
    form = the_form(browser.get(path).text, f"{path}/updates")
    said = {"what_happened": ["Soon."], "done": ["Seen."], "next_step": ["A look."], "may_surprise": ["1"]}
    return browser.post(f"{path}/updates", data=form | said).headers["location"]


def _page_row(console: Console, browser: Browser, name: str, path: str) -> Row:
    statements, milliseconds = measured(console, lambda: _ask(browser, path))
    return Row((name, str(statements), str(STATEMENTS), f"{milliseconds:.0f} ms", f"{MILLISECONDS} ms"))


def _preview_row(console: Console, browser: Browser) -> Row:
    form = the_form(browser.get("/admin/incidents/new").text, "/admin/incidents")
    form |= {"components": ["component-0"], "what_happened": ["Nobody can sign in."]}
    statements, milliseconds = measured(console, lambda: _preview(browser, form))
    return Row(("preview while typing", str(statements), "", f"{milliseconds:.0f} ms", f"{PREVIEW_MILLISECONDS} ms"))


def measured(console: Console, ask: Callable[[], None]) -> tuple[int, float]:
    """The statements of one request, and the median of its milliseconds."""
    told: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            told.append(statement)

    ask()
    sa.event.listen(console.database.engine, "before_cursor_execute", listen)
    ask()
    sa.event.remove(console.database.engine, "before_cursor_execute", listen)
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1000)
    return len(told), statistics.median(taken)


def _ask(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")


def _preview(browser: Browser, form: Mapping[str, list[str]]) -> None:
    answer = browser.post("/admin/incidents/preview", data=form)
    if answer.status_code != 200 or f"{SUBSCRIBERS:,}" not in answer.text:
        raise RuntimeError(f"the preview answered {answer.status_code}")
