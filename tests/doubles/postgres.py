"""A real PostgreSQL for the tests: the one at TEST_POSTGRES_URL, or a cluster of our own.

The cluster is made from Debian's binaries in a temporary folder, listens on a Unix socket only,
and dies with the process that started it, even when that is killed.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Self
from uuid import uuid4

import sqlalchemy as sa

SERVER_URL = "TEST_POSTGRES_URL"
NO_POSTGRESQL = "no PostgreSQL: TEST_POSTGRES_URL is not set and Debian's package postgresql is not installed"

# Nothing here survives the tests, so nothing needs to reach the disk.
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_START_SECONDS = 60


class PostgresServer:
    """A server on which databases can be made and dropped.

    `url` names one of its databases, as a role that may create others.
    """

    def __init__(self, url: str | sa.URL) -> None:
        self.url = sa.make_url(url).set(drivername="postgresql+psycopg")
        self._engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def create(self, template: str = "template1") -> str:
        """Make a database as a copy of another, which nobody may be using; its name."""
        name = f"porchlight_{uuid4().hex[:12]}"
        # By its files, which takes two thirds of the time of its log.
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def drop(self, name: str) -> None:
        """Drop a database and whoever is still connected to it."""
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def url_of(self, name: str) -> str:
        """The address of one of its databases, as `Database.open` takes it."""
        return self.url.set(database=name).render_as_string(hide_password=False)

    def is_ready(self) -> bool:
        """Whether it takes connections."""
        try:
            self._run("SELECT 1")
        except sa.exc.OperationalError:
            return False
        return True

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)


def postgres_binaries() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine, if there is one."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: float(path.parts[-3]), default=None)
    on_path = newest or shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def postgres_server() -> Iterator[PostgresServer | None]:
    """The server for this run, or None where there can be none."""
    given, binaries = os.environ.get(SERVER_URL), postgres_binaries()
    if given:
        with PostgresServer(given) as server:
            yield server
    elif binaries:
        with _own_cluster(binaries) as server:
            yield server
    else:
        yield None


@contextmanager
def _own_cluster(binaries: Path) -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="porchlight-postgres-"))
    become = _become_unprivileged(folder)
    log = folder / "log"
    try:
        _make_cluster(binaries, folder / "cluster", become)
        with log.open("wb") as output, _running(binaries, folder, become, output) as process:
            yield _wait_for(PostgresServer(f"postgresql://porchlight@/postgres?host={folder}"), process, log)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class MortalPostgres:
    """A cluster of a test's own, to be stopped, crashed and started again while somebody uses it."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries, self._folder = binaries, folder
        self._become = _become_unprivileged(folder)
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        _make_cluster(binaries, folder / "cluster", self._become)

    @property
    def url(self) -> str:
        """Its one database."""
        return f"postgresql://porchlight@/postgres?host={self._folder}"

    def start(self) -> None:
        """Take connections; returns when it does."""
        log = self._folder / "log"
        output = self._stack.enter_context(log.open("ab"))
        running = _running(self._binaries, self._folder, self._become, output, keep="synchronous_commit=on")
        self._process = self._stack.enter_context(running)
        with PostgresServer(self.url) as server:
            _wait_for(server, self._process, log)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT cuts everybody off and shuts down in order, SIGQUIT is a crash. Returns when it is gone."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(_START_SECONDS)
        self._stack.close()


@contextmanager
def mortal_postgres() -> Iterator[MortalPostgres | None]:
    """Such a cluster, started; None where Debian's package is not installed."""
    binaries = postgres_binaries()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="porchlight-postgres-"))
    try:
        server = MortalPostgres(binaries, folder)
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _become_unprivileged(folder: Path) -> list[str]:
    """Arguments of setpriv: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    names = {user.pw_name for user in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _make_cluster(binaries: Path, cluster: Path, become: Sequence[str]) -> None:
    options = ["--username=porchlight", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    command = ["setpriv", *become, "--", binaries / "initdb", *options, "--pgdata", cluster]
    subprocess.run(command, check=True, capture_output=True, cwd=cluster.parent)


@contextmanager
def _running(
    binaries: Path, folder: Path, become: Sequence[str], output: IO[bytes], *, keep: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    options = [part for option in (*_CARELESS, *filter(None, [keep])) for part in ("-c", option)]
    address = ["-D", folder / "cluster", "-k", folder, "-c", "listen_addresses="]
    command = ["setpriv", "--pdeathsig=INT", *become, "--", binaries / "postgres", *address, *options]
    with subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)  # "fast shutdown": does not wait for clients


def _wait_for(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> PostgresServer:
    give_up = time.monotonic() + _START_SECONDS
    while not server.is_ready():
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)
    return server
