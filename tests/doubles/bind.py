"""A real BIND 9 on this machine, with one zone that a TSIG key may change, started by the tests that need it."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.update
import pytest

from app.monitor.dns.reading import Reader, Server
from app.monitor.dns.rfc2136 import Rfc2136, UpdateKey
from tests.doubles.serving import free_port

ZONE = "hpmls.example"
STATUS_ZONE = "hpmls-status.example"
KEY = UpdateKey("failover-key", "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==")
STRANGER = UpdateKey("stranger-key", "YW5vdGhlciBzZWNyZXQgYW5vdGhlciBzZWNyZXQ=")
ACME = UpdateKey("acme-key", "cHJvb2ZzIHByb29mcyBwcm9vZnMgcHJvb2ZzIHByb28=")
"""May write the proofs of certificates, and nothing else."""

RECORDS = """\
$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 60
@ IN NS ns1
@ IN A 127.0.0.10
@ IN MX 10 mail.postroom.example.
@ IN TXT "v=spf1 include:postroom.example -all"
@ IN TXT "a proof of ownership"
_dmarc IN TXT "v=DMARC1; p=reject"
ns1 IN A 127.0.0.1
www IN CNAME web.hosting.example.
dashboard 86400 IN CNAME hp.gatehouse.example.
both 300 IN A 127.0.0.20
both 300 IN AAAA 2001:db8::20
mail IN A 127.0.0.30
mail IN MX 10 mail.postroom.example.
"""

STATUS_RECORDS = """\
$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 60
@ IN NS ns1
ns1 IN A 127.0.0.1
edge IN A 127.0.0.1
"""

_CONFIGURATION = """\
options {{
  directory "{folder}";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  recursion no;
  dnssec-validation no;
  notify no;
  allow-transfer {{ none; }};
}};
controls {{ }};
{keys}
zone "{zone}" {{
  type primary;
  file "zone.db";
  update-policy {{
    grant {key} name www.{zone}. A AAAA CNAME;
    grant {key} name dashboard.{zone}. A AAAA CNAME;
    grant {key} name both.{zone}. A AAAA CNAME;
    grant {key} name mail.{zone}. A AAAA CNAME;
    grant {key} name {zone}. A AAAA MX;
    grant acme-key name _acme-challenge.{zone}. TXT;
    grant acme-key name _acme-challenge.www.{zone}. TXT;
    grant acme-key name _acme-challenge.dashboard.{zone}. TXT;
  }};
}};
zone "{status_zone}" {{ type primary; file "status.db"; }};
"""


@dataclass(frozen=True)
class Bind:
    """A running name server. It answers for members' resolvers as well: both see the same zone."""

    port: int

    @property
    def server(self) -> Server:
        """Where it listens."""
        return Server("127.0.0.1", self.port)

    @property
    def reader(self) -> Reader:
        """Whoever asks it, as name server and as resolver."""
        return Reader([self.server], [self.server], timeout=1.0)

    def updates(self, key: UpdateKey = KEY) -> Rfc2136:
        """Whoever changes it."""
        return Rfc2136(self.server, key, timeout=5)

    def values(self, name: str, kind: str) -> list[str]:
        """What it answers at the very name, read without our own reader."""
        answer = dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", port=self.port, timeout=3)
        wanted = dns.rdatatype.from_text(kind)
        return sorted(item.to_text() for rrset in answer.answer if rrset.rdtype == wanted for item in rrset)

    def spoil(self, kind: str) -> None:
        """Take away every record of that type at the zone's own name, as a careless tool would."""
        self._update(lambda update: update.delete(f"{ZONE}.", kind))

    def mend(self, kind: str, value: str) -> None:
        """Put one record of that type at the zone's own name."""
        self._update(lambda update: update.add(f"{ZONE}.", 300, kind, value))

    def _update(self, fill: Callable[[dns.update.UpdateMessage], object]) -> None:
        update = dns.update.UpdateMessage(f"{ZONE}.", keyring=KEY.for_signing, keyalgorithm="hmac-sha256")
        fill(update)
        answer = dns.query.tcp(update, "127.0.0.1", port=self.port, timeout=3)
        assert answer.rcode() == dns.rcode.NOERROR, answer

    def has_come_up(self) -> bool:
        """Whether it answers for the zone."""
        try:
            answer = dns.query.udp(dns.message.make_query(ZONE, "SOA"), "127.0.0.1", port=self.port, timeout=0.2)
        except (OSError, dns.exception.DNSException):
            return False
        return answer.rcode() == dns.rcode.NOERROR


@contextmanager
def bind(folder: Path, records: str = RECORDS, keys: Mapping[str, UpdateKey] | None = None) -> Iterator[Bind]:
    """Run named with these records; it is ended afterwards. Skips where Debian's package bind9 is missing."""
    program = shutil.which("named") or shutil.which("/usr/sbin/named")
    if program is None:
        pytest.skip("Debian's package bind9 is not installed (make system)")
    port = _port_for_both()
    (folder / "zone.db").write_text(records, encoding="ascii")
    (folder / "status.db").write_text(STATUS_RECORDS, encoding="ascii")
    known = keys or {"ours": KEY, "another": STRANGER, "proofs": ACME}
    secrets = "".join(
        f'key "{key.name}" {{ algorithm {key.algorithm}; secret "{key.secret}"; }};\n' for key in known.values()
    )
    configuration = folder / "named.conf"
    configuration.write_text(
        _CONFIGURATION.format(folder=folder, port=port, keys=secrets, zone=ZONE, status_zone=STATUS_ZONE, key=KEY.name),
        encoding="ascii",
    )
    with (folder / "named.log").open("wb") as log:
        process = subprocess.Popen([program, "-g", "-n", "1", "-c", str(configuration)], stdout=log, stderr=log)
        running = Bind(port)
        try:
            _wait(process, running, folder)
            yield running
        finally:
            process.terminate()
            process.wait(20)


def _wait(process: subprocess.Popen[bytes], running: Bind, folder: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        if running.has_come_up():
            return
        time.sleep(0.05)
    raise RuntimeError(f"named did not come up: {(folder / 'named.log').read_text(errors='replace')[-2000:]}")


def _port_for_both() -> int:
    """A port that is free for TCP and for UDP."""
    for _ in range(50):
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")
