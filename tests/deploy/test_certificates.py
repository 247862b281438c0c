"""Certificates before the outage: really issued by an ACME server (Pebble) over a real zone (BIND), and served."""

import json
import os
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.monitor.dns.certificates import Browser
from tests.deploy.front import DEPLOY, MLS, nginx
from tests.doubles.bind import ACME, KEY, ZONE, Bind, bind
from tests.doubles.certificates import Certificate, make_certificate
from tests.doubles.serving import running
from tests.ports import free_port

pytestmark = pytest.mark.slow

PLUGIN = Path("/usr/lib/python3/dist-packages/certbot_dns_rfc2136")


@dataclass(frozen=True)
class Authority:
    """A running Pebble, Let's Encrypt's own server for tests."""

    port: int
    management: int
    certificate: Certificate

    def root(self, folder: Path) -> ssl.SSLContext:
        """What a browser would trust: the root that this Pebble made when it started."""
        url = f"https://127.0.0.1:{self.management}/roots/0"
        with urllib.request.urlopen(url, context=self.certificate.client_context(), timeout=10) as answer:
            (folder / "root.pem").write_bytes(answer.read())
        return ssl.create_default_context(cafile=str(folder / "root.pem"))


@contextmanager
def pebble(folder: Path, names: Bind) -> Iterator[Authority]:
    """Pebble that asks this name server; skips where it is not installed."""
    program = shutil.which("pebble") or pytest.skip("Debian's package pebble is not installed (make system)")
    authority = Authority(free_port(), free_port(), make_certificate(folder, ["localhost"]))
    configuration = {
        "listenAddress": f"127.0.0.1:{authority.port}",
        "managementListenAddress": f"127.0.0.1:{authority.management}",
        "certificate": str(authority.certificate.chain),
        "privateKey": str(authority.certificate.key),
        "httpPort": 1,
        "tlsPort": 1,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": configuration}))
    command = [program, "-config", folder / "pebble.json", "-dnsserver", f"127.0.0.1:{names.port}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEBBLE_VA_NOSLEEP", "1")
        with running(command, authority.port):
            yield authority


def obtain(folder: Path, authority: Authority, names: Bind, key: str, secret: str) -> subprocess.CompletedProcess[str]:
    """Run what `deploy/` ships, with its places moved into a folder."""
    if not PLUGIN.exists() or not shutil.which("certbot"):
        pytest.skip("Debian's packages certbot and python3-certbot-dns-rfc2136 are not installed (make system)")
    example = (DEPLOY / "certbot" / "acme-tsig.ini.example").read_text()
    for place, here in {
        "192.0.2.53": "127.0.0.1",
        "_port = 53": f"_port = {names.port}",
        "porchlight-acme.": f"{key}.",
        "put-the-secret-of-tsig-keygen-here": secret,
    }.items():
        assert place in example
        example = example.replace(place, here)
    (folder / "acme-tsig.ini").write_text(example)
    (folder / "acme-tsig.ini").chmod(0o600)
    places = "".join(f"{kind}-dir = {folder / kind}\n" for kind in ("config", "work", "logs"))
    (folder / "letsencrypt").mkdir(exist_ok=True)
    (folder / "letsencrypt" / "cli.ini").write_text(f"server = https://127.0.0.1:{authority.port}/dir\n{places}")
    environment = {
        "PATH": os.environ["PATH"],
        "XDG_CONFIG_HOME": str(folder),
        "REQUESTS_CA_BUNDLE": str(authority.certificate.chain),
        "ACME_EMAIL": "ops@status.example",
        "ACME_TSIG": str(folder / "acme-tsig.ini"),
        "ACME_WAIT": "1",
        "TLS_DIR": str(folder / "tls"),
    }
    command = [DEPLOY / "certbot" / "obtain.sh", *MLS]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_a_certificate_for_the_mls_names_is_issued_by_dns_and_nginx_serves_it(tmp_path):
    zone, place = tmp_path / "zone", tmp_path / "front"
    zone.mkdir()
    place.mkdir()
    with bind(zone) as names, pebble(tmp_path, names) as authority:
        done = obtain(tmp_path, authority, names, ACME.name, ACME.secret)
        assert done.returncode == 0, done.stdout + done.stderr
        assert names.values(f"_acme-challenge.www.{ZONE}", "TXT") == []
        with nginx(place, free_port(), mls=tmp_path / "tls") as front:
            browser = Browser(authority.root(tmp_path), port=front.port)
            for name in MLS:
                seen = browser.certificate(name, "127.0.0.1")
                assert (seen.trouble, seen.expires_at is not None) == ("", True), name
                assert seen.issuer.startswith("Pebble")
    assert (tmp_path / "tls" / "mls.key").stat().st_mode & 0o077 == 0


def test_the_key_of_the_switches_cannot_prove_names(tmp_path):
    zone = tmp_path / "zone"
    zone.mkdir()
    with bind(zone) as names, pebble(tmp_path, names) as authority:
        done = obtain(tmp_path, authority, names, KEY.name, KEY.secret)
    assert done.returncode != 0
    assert "REFUSED" in done.stdout + done.stderr
    assert not (tmp_path / "tls").exists()
