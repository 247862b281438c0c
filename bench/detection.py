"""From the last failing check to the telephone of whoever is on duty: a real worker, real checks, Twilio's double.

Each round lets one page fail. The clock starts when the check that makes it a suspicion was answered
with an error, and stops when the double is asked for the first call or text. `python -m bench detection`
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from sqlmodel import Session

from app.commands.probes import add_probe
from app.commands.suspicions import dismiss
from app.domain.probes import ProbeDraft, ProbeKind
from app.installation import Installation, now
from app.settings import Settings
from app.store.suspicions import open_suspicions
from bench.harness import Row, table
from tests.commands.duty import man
from tests.commands.world import build
from tests.doubles.serving import serving
from tests.doubles.twilio import ACCOUNT, NUMBER, TOKEN, FakeTwilio, fake_twilio

MOST = 5.0
"""Seconds."""

PARTS = ("dashboard", "codes", "forms", "lockboxes")
FAIL_AFTER = 3
PATIENCE = 120.0
QUIET = 5.0
SECRET = "bench " * 8


class Site:
    """One page for each part; each can be made to fail, and remembers when it last did."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.failed_at: dict[str, list[float]] = {part: [] for part in PARTS}
        self.application = web.Application()
        self.application.router.add_get("/{part}", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        part = request.match_info["part"]
        if part not in self.failing:
            return web.Response(text="up")
        self.failed_at[part].append(time.monotonic())
        return web.Response(status=500)


def run() -> str:
    """Measure and report."""
    site = Site()
    with (
        tempfile.TemporaryDirectory() as folder,
        fake_twilio() as (fake, url),
        serving(site.application) as port,
        working(Path(folder), url, port) as installation,
    ):
        seconds = [measured(installation, site, fake, part) for part in PARTS]
    return table(
        ("last failing check to the first call or text", "measured", "allowed"),
        [
            Row(("median", f"{statistics.median(seconds):.2f} s", "")),
            Row((f"worst of {len(seconds)}", f"{max(seconds):.2f} s", f"{MOST:.0f} s")),
        ],
    )


@contextmanager
def working(folder: Path, twilio_url: str, port: int) -> Iterator[Installation]:
    """An installation whose worker watches every part of the site every ten seconds."""
    settings = Settings(
        database_url=f"sqlite:///{folder}/bench.db",
        data_dir=folder / "var",
        secret_key=SECRET,
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=TOKEN,
        twilio_from=NUMBER,
        twilio_api_url=twilio_url,
        probe_private_addresses=True,
    )
    installation = Installation.open(settings)
    installation.migrate()
    with installation.database.transaction() as session:
        build(session)
        man(session, at=now(), vault=installation.links.vault)
        _watch(session, port)
    worker = installation.worker()
    worker.start()
    try:
        yield installation
    finally:
        worker.stop()
        installation.close()


def _watch(session: Session, port: int) -> None:
    for part in PARTS:
        expects = {"url": f"http://127.0.0.1:{port}/{part}"}
        draft = ProbeDraft(ProbeKind.HTTP, expects, timedelta(seconds=10), fail_after=FAIL_AFTER)
        add_probe(session, part, draft, now=now())


def pages(fake: FakeTwilio) -> int:
    """Calls, and texts that call: not those which say afterwards that it is over."""
    return len(fake.calls) + sum("You are called" in message["body"] for message in fake.messages)


def settled(fake: FakeTwilio) -> int:
    """As `pages`, once nothing has come for a while: the first call about one part may have a text behind it."""
    count = -1
    while count != (count := pages(fake)):
        time.sleep(QUIET)
    return count


def measured(installation: Installation, site: Site, fake: FakeTwilio, part: str) -> float:
    """Seconds from the last failing check to the first call or text; then all is well again."""
    before = settled(fake)
    site.failing = {part}
    give_up = time.monotonic() + PATIENCE
    while pages(fake) == before:
        if time.monotonic() > give_up:
            raise TimeoutError(f"nobody was called about {part}")
        time.sleep(0.01)
    called_at = time.monotonic()
    site.failing = set()
    with installation.database.transaction() as session:
        for suspicion in open_suspicions(session):
            dismiss(session, suspicion.id, now=now())
    return called_at - site.failed_at[part][FAIL_AFTER - 1]
