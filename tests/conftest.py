"""What tests of every layer ask for: a fresh database on both engines, and a browser."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings
from playwright.sync_api import Browser, ConsoleMessage, sync_playwright
from sqlmodel import Session

from app.store.audit import NOTED
from app.store.schema import migrate
from app.store.session import Database
from tests.doubles.postgres import NO_POSTGRESQL, PostgresServer, postgres_server

# A machine that is busy with other tests is not a fault of the code.
settings.register_profile("porchlight", deadline=None)
settings.load_profile("porchlight")

# The tests must not depend on what the person who runs them has set up, nor act on it.
for name in [name for name in os.environ if name.startswith(("PORCHLIGHT_", "AWS_", "TWILIO_"))]:
    del os.environ[name]


def refuse_unnoted(session: Session) -> None:
    """Fail a change that the public sees and the audit log would not know of."""
    assert not session.info.get("recorded") or session.info.get(NOTED), (
        "this transaction records a public event and notes nothing: call app.commands.audit.note"
    )


@pytest.fixture(scope="session", autouse=True)
def nobody_forgets_the_audit_log() -> Iterator[None]:
    """Every database that a test opens refuses a public change without a note."""
    build = Database.__init__

    def build_strictly(self: Database, engine: sa.Engine) -> None:
        build(self, engine)
        self.before_commit.append(refuse_unnoted)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "__init__", build_strictly)
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line per reason how many tests were skipped."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, times in Counter(report.longrepr[2] for report in skipped).items():
        terminalreporter.write_line(f"{times} skipped: {reason.removeprefix('Skipped: ')}")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with today's tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database.open(f"sqlite:///{path}")
    migrate(database)
    database.close()  # the last connection to leave writes the WAL back into the file
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, ours or the one at TEST_POSTGRES_URL; skips where there is none."""
    with postgres_server() as server:
        yield server or pytest.skip(NO_POSTGRESQL)


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> Iterator[str]:
    """The name of a PostgreSQL database with today's tables and no rows, to be copied."""
    name = postgres.create()
    database = Database.open(postgres.url_of(name))
    migrate(database)
    database.close()
    yield name
    postgres.drop(name)


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """The address of a fresh SQLite database with its tables."""
    path = tmp_path / "porchlight.db"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: PostgresServer, migrated_postgres: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database with its tables."""
    name = postgres.create(template=migrated_postgres)
    yield postgres.url_of(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database with its tables: the test runs once on each kind."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with its tables: the test runs on SQLite and on PostgreSQL."""
    database = Database.open(database_url)
    yield database
    database.close()


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database of the same kind without a single table: another host's."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path}/other/porchlight.db"
        return
    server = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url_of(name)
    server.drop(name)


@pytest.fixture
def empty_database(empty_url: str) -> Iterator[Database]:
    """A database of the same kind as `database`, without a single table: another host's."""
    database = Database.open(empty_url)
    yield database
    database.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Only this machine exists for it: every other name fails to resolve.

    It lives as long as one module, because Playwright keeps an event loop running in the thread
    and tests elsewhere start their own.
    """
    program = shutil.which("chromium") or pytest.skip("Debian's package chromium is not installed (make system)")
    alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            chromium_sandbox=False,  # CI runs as root, where the sandbox cannot start
            args=["--disable-gpu", "--disable-dev-shm-usage", alone],
        )
        violations = listen_for_violations(browser)
        yield browser
        browser.close()
        assert violations == [], "the console's or page's own Content-Security-Policy was violated"


def listen_for_violations(browser: Browser) -> list[str]:
    """What every page of this browser says against its Content-Security-Policy from now on."""
    violations: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            violations.append(message.text)

    def listening(opened: Callable[..., Any]) -> Callable[..., Any]:
        def open_and_listen(*words: Any, **options: Any) -> Any:
            made = opened(*words, **options)
            made.on("console", hear)
            return made

        return open_and_listen

    browser.new_context = listening(browser.new_context)  # type: ignore[method-assign]
    browser.new_page = listening(browser.new_page)  # type: ignore[method-assign]
    return violations
