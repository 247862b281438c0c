"""A desk over a real name server and a real status host with a certificate, and a clock that can be moved."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.commands.failovers import keep_probe, save_switch
from app.domain.audit import Actor, Means
from app.domain.failover import Change, Side, Switch
from app.monitor.dns.certificates import Browser
from app.monitor.dns.desk import Desk
from app.monitor.dns.provider import DnsProvider
from app.monitor.dns.providers import NAMES
from app.monitor.dns.reading import Reader
from app.monitor.dns.rfc2136 import UpdateKey
from app.monitor.dns.runbook import Runbook
from app.store.failovers import FailoverRun, frozen_run, run_row
from app.store.session import Database
from tests.doubles.bind import STRANGER, Bind
from tests.doubles.certificates import make_certificate
from tests.doubles.https_host import https_host
from tests.monitor.dns.switches import APEX, BOTH, DASHBOARD, MAIL, WWW

IT = Actor(None, "Ira from IT", Means.COMMAND_LINE)


@dataclass
class World:
    """Everything at the switch. `now` is this afternoon until it is moved."""

    database: Database
    name_server: Bind
    browser: Browser
    providers: dict[str, DnsProvider]
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    stranger: UpdateKey = STRANGER

    def clock(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)

    @property
    def desk(self) -> Desk:
        return Desk(self.database, self.providers, NAMES, self.name_server.reader, self.browser, self.clock)

    def save(self, switch: Switch, **changes: object) -> None:
        values = {name: getattr(switch, name) for name in switch.__slots__} | {"id": ""} | changes
        with self.database.transaction() as session:
            save_switch(session, Switch(**values), now=self.now)  # type: ignore[arg-type]

    def run(self, run_id: str, name: str = WWW.name) -> FailoverRun:
        with self.database.read() as session:
            return frozen_run(run_row(session, run_id), name)

    def pointed(self, name: str = WWW.name, *, is_drill: bool = False) -> str:
        """Point it here; the run."""
        return self.desk.apply(self.desk.plan(name, IT, is_drill=is_drill), name, IT)

    def by_hand(self, switch: Switch) -> str:
        """Point it here with the steps of a runbook; the run."""
        self.providers["rfc2136"] = self.providers["runbook"]
        return self.pointed(switch.name)

    def by_hand_change(self, switch: Switch) -> Change:
        """What somebody at the DNS console would change now."""
        return Change(switch.name, self.name_server.updates().holding(switch), switch.records(Side.FAILOVER))

    def probe(self, run_id: str, *, is_clean: bool = True) -> None:
        with self.database.transaction(by=IT) as session:
            keep_probe(session, run_id, IT.name, is_clean=is_clean, words="", now=self.now)


@contextmanager
def world(
    database: Database, name_server: Bind, folder: Path, lasts: timedelta = timedelta(days=90)
) -> Iterator[World]:
    """With all switches of the tests, except that the apex leads to this machine, which has a certificate."""
    certificate = make_certificate(folder, [WWW.name, APEX.name, DASHBOARD.name, BOTH.name, MAIL.name], lasts)
    with https_host(certificate.server_context()) as port:
        browser = Browser(certificate.client_context(), port=port, timeout=3)
        providers: dict[str, DnsProvider] = {
            "rfc2136": name_server.updates(),
            "runbook": Runbook(Reader([name_server.server], [name_server.server])),
        }
        made = World(database, name_server, browser, providers)
        for switch in (WWW, DASHBOARD, BOTH, MAIL):
            made.save(switch)
        made.save(APEX, failover=("127.0.0.1",))
        yield made
