"""A web server in front, with the configuration that `deploy/` ships: only names of places are changed."""

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from aiohttp import web

from app.publish.catalogue import all_parts
from app.publish.directory import DirectorySink
from app.publish.documents import Edition, compress
from tests.doubles.certificates import make_certificate
from tests.doubles.serving import serving
from tests.ports import free_port
from tests.publish.snapshots import demo_snapshot
from tests.publish.stored import comes

DEPLOY = Path(__file__).parents[2] / "deploy"
PAGE = "hpmls-status.example"
DASHBOARD = "dashboard.hpmls.example"
MLS = ("www.hpmls.example", "hpmls.example", DASHBOARD)
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


def demo_edition(generation: int = 1, *, outage: bool = True) -> Edition:
    """The demo organisation, with documents for the MLS's own names."""
    snapshot = demo_snapshot(outage=outage)
    documents = {part.path: compress(part.source(), snapshot.as_of) for part in all_parts(snapshot, MLS)}
    return Edition(generation, snapshot.as_of, documents)


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Front:
    """A running web server: where it listens, and the directory that it reads."""

    port: int
    plain_port: int
    documents: Path

    def ask(
        self, path: str, host: str = PAGE, *, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Reply:
        """Send one request by https under that name."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        with closing(connection):
            plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
            connection.sock = context.wrap_socket(plain, server_hostname=host)
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers={"Host": host, **sent})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())


@dataclass
class Program:
    """Stands where Porchlight's own process does, and notes what gets through to it."""

    seen: list[tuple[str, str]]

    def app(self) -> web.Application:
        """What listens."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        if request.path == "/tls/ask":
            return web.Response(status=200 if request.query.get("domain") in (PAGE, *MLS) else 404)
        self.seen.append((request.method, request.path))
        return web.Response(text="the program", status=404 if request.path == "/nowhere" else 200)


@contextmanager
def the_program() -> Iterator[tuple[Program, int]]:
    """A running program and its port."""
    program = Program([])
    with serving(program.app()) as port:
        yield program, port


@contextmanager
def nginx(folder: Path, program_port: int, mls: Path | None = None) -> Iterator[Front]:
    """nginx with deploy/nginx/porchlight.conf; `mls` is the folder with the certificate of the MLS's names."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or pytest.skip("nginx is not installed")
    front = Front(free_port(), free_port(), folder / "documents")
    certificate = make_certificate(folder, [PAGE, *MLS])
    places = {
        "/srv/porchlight/var/public": str(front.documents),
        "/etc/nginx/porchlight/documents.conf": str(folder / "documents.conf"),
        "127.0.0.1:8000": f"127.0.0.1:{program_port}",
        "listen 443 ": f"listen 127.0.0.1:{front.port} ",
        "listen 80": f"listen 127.0.0.1:{front.plain_port}",
    }
    for name in ("page", "mls"):
        places[f"/etc/porchlight/tls/{name}.pem"] = str(certificate.chain)
        places[f"/etc/porchlight/tls/{name}.key"] = str(certificate.key)
    if mls:
        places["/etc/porchlight/tls/mls.pem"] = str(mls / "mls.pem")
        places["/etc/porchlight/tls/mls.key"] = str(mls / "mls.key")
    for name in ("documents.conf", "porchlight.conf"):
        (folder / name).write_text(_moved((DEPLOY / "nginx" / name).read_text(), places))
    with _running(_nginx_command(found, folder, "porchlight.conf"), front.port, folder):
        yield front


@contextmanager
def edge(folder: Path, origin_port: int) -> Iterator[Front]:
    """nginx with deploy/nginx/edge.conf, in front of an origin that speaks plain http here."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or pytest.skip("nginx is not installed")
    front = Front(free_port(), free_port(), folder / "documents")
    certificate = make_certificate(folder, [PAGE, *MLS])
    places = {
        "/var/cache/nginx/porchlight": str(folder / "cache"),
        "192.0.2.40:443": f"127.0.0.1:{origin_port}",
        "https://porchlight_origin": "http://porchlight_origin",
        "listen 443 ": f"listen 127.0.0.1:{front.port} ",
        "listen 80": f"listen 127.0.0.1:{front.plain_port}",
    }
    for name in ("page", "mls"):
        places[f"/etc/porchlight/tls/{name}.pem"] = str(certificate.chain)
        places[f"/etc/porchlight/tls/{name}.key"] = str(certificate.key)
    (folder / "edge.conf").write_text(_moved((DEPLOY / "nginx" / "edge.conf").read_text(), places))
    with _running(_nginx_command(found, folder, "edge.conf"), front.port, folder):
        yield front


def _nginx_command(program: str, folder: Path, name: str) -> list[str]:
    """How nginx is started with one file of ours and nothing of this machine's own configuration."""
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; master_process off; pid {folder}/pid; events {{ }}\n"
        f"http {{ client_body_temp_path {folder}/body; {temporary} include {folder}/{name}; }}\n"
    )
    return [program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


@contextmanager
def caddy(folder: Path, program_port: int) -> Iterator[Front]:
    """Caddy with deploy/caddy/Caddyfile, on certificates of its own making."""
    found = shutil.which("caddy") or pytest.skip("caddy is not installed")
    front = Front(free_port(), free_port(), folder / "documents")
    places = {
        "/srv/porchlight/var/public": str(front.documents),
        "127.0.0.1:8000": f"127.0.0.1:{program_port}",
        "{\n\ton_demand_tls": (
            f"{{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\thttp_port {front.plain_port}\n"
            f"\thttps_port {front.port}\n\ton_demand_tls"
        ),
    }
    (folder / "Caddyfile").write_text(_moved((DEPLOY / "caddy" / "Caddyfile").read_text(), places))
    home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [found, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with _running(command, front.port, folder, home):
        yield front


def _moved(configuration: str, places: Mapping[str, str]) -> str:
    for place, here in places.items():
        assert place in configuration or place.startswith(("/etc/", "listen", "127")), place
        configuration = configuration.replace(place, here)
    return configuration


@contextmanager
def _running(command: list[str], port: int, folder: Path, environment: dict[str, str] | None = None) -> Iterator[None]:
    DirectorySink(folder / "documents").put(demo_edition())
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        assert comes(lambda: _is_open(port)), (folder / "output.log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(10)


def _is_open(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
