"""CPU per public GET: nginx with the same pre-compressed bytes = 1, the wrapper, and the protocol.

    python -m bench public_get

Every contestant serves the same documents on one core's worth of process over kept-alive
connections, with the same headers. What counts is CPU per request (user and system, by `/proc`),
not requests per second: on a small machine the load generator competes for the cores.

The Python contestants have a real FastAPI application with a SQLite engine inside, and a counter on
every SQL statement of the process: one asked for on purpose shows that it counts, the documents must
not move it.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from app.publish.documents import HTML, JSON, Document, Edition, Source, compress
from app.publish.sinks import MemorySink
from app.web.answers import ReadyDocument
from app.web.protocol import protocol_for
from app.web.public import Snapshot
from bench.harness import (
    Row,
    children,
    cpu_seconds,
    free_port,
    machine,
    program,
    running,
    side_by_side,
    table,
    wrk,
)

LIMITS = {"wrapper": 4.0, "protocol": 2.0}
"""The most CPU per request that each may take, in nginx's."""

_AS_OF = datetime(2026, 10, 9, 22, 30, tzinfo=UTC)
_WORDS = (
    "sign", "in", "dashboard", "member", "door", "listing", "update", "forms", "showing", "lockbox", "tax", "photo",
)  # fmt: skip

BARE = {"Host": "127.0.0.1", "Accept-Encoding": "gzip"}
BROWSER = {
    **BARE,
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "sec-ch-ua": '"Chromium";v="142", "Not_A Brand";v="99"',
    "sec-ch-ua-mobile": "?1",
    "sec-ch-ua-platform": '"Android"',
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
    "Accept-Language": "en-US,en;q=0.9",
}


def edition() -> Edition:
    """A few pages of about 8 KB compressed, and one small JSON document; always the same bytes."""
    choose = random.Random(7)  # noqa: S311 - words, not secrets
    sources = [Source(path, HTML, _page(choose)) for path in ("/", "/history", "/incidents/a1b2c3d4e5f6", "/es")]
    sources.append(Source("/api/v2/status.json", JSON, b'{"status": {"indicator": "none"}}'))
    return Edition(1, _AS_OF, {source.path: compress(source, _AS_OF) for source in sources})


def _page(choose: random.Random) -> bytes:
    words = " ".join(f"{choose.choice(_WORDS)} {choose.randrange(10_000)}" for _ in range(2_600))
    return f"<!doctype html><html lang=en><head><style>p{{margin:0}}</style></head><p>{words}</html>".encode()


@dataclass(frozen=True)
class _Contestant:
    url: str
    pid: int


def run(rounds: int = 5, seconds: int = 2) -> str:
    """Measure, check that no SQL ran, and return the report as Markdown."""
    documents = edition().documents
    pages = [path for path, document in documents.items() if document.media_type == HTML]
    tag = f'"{documents["/"].digest}-gzip"'
    scenarios = {
        "page, bare client": (pages, BARE),
        "page, browser's headers": (pages, BROWSER),
        "unchanged (304)": (["/"], {**BROWSER, "If-None-Match": tag}),
    }
    with ExitStack() as stack:
        contestants = _start(stack)
        rows = [
            row
            for name, (paths, headers) in scenarios.items()
            for row in _rows(name, contestants, paths, headers, rounds, seconds)
        ]
        statements = {name: _statements(contestants[name].url) for name in LIMITS}
    size = len(documents["/"].gzip)
    return "\n".join(
        [
            table(("request", "served by", "CPU per request", "times nginx", "at most"), rows),
            "",
            f"Body {size:,} bytes in gzip, {rounds} rounds of {seconds} s, 32 kept-alive connections. "
            f"SQL statements during all of it: {json.dumps(statements)}.",
            f"{machine('uvicorn', 'uvloop', 'httptools', 'fastapi')}, {_nginx_version()}.",
        ]
    )


def _rows(
    scenario: str,
    contestants: Mapping[str, _Contestant],
    paths: list[str],
    headers: Mapping[str, str],
    rounds: int,
    seconds: int,
) -> Iterator[Row]:
    measures: dict[str, Callable[[], float]] = {
        name: partial(_cpu_per_request, contestant, paths, headers, seconds) for name, contestant in contestants.items()
    }
    medians = side_by_side(measures, rounds)
    for name, median in medians.items():
        limit = f"{LIMITS[name]:g}" if name in LIMITS else ""
        yield Row((scenario, name, f"{median * 1e6:.1f} µs", f"{median / medians['nginx']:.2f}", limit))


def _cpu_per_request(contestant: _Contestant, paths: list[str], headers: Mapping[str, str], seconds: int) -> float:
    before = cpu_seconds(contestant.pid)
    load = wrk(contestant.url, paths, headers, seconds=seconds)
    if load.failed:
        raise RuntimeError(f"{load.failed} of {load.requests} requests to {contestant.url} failed")
    return (cpu_seconds(contestant.pid) - before) / load.requests


def _start(stack: ExitStack) -> dict[str, _Contestant]:
    found = {"nginx": stack.enter_context(_nginx())}
    for name in LIMITS:
        port = free_port()
        command = [sys.executable, "-m", "bench.public_get", "--serve", name, "--port", str(port)]
        pid = stack.enter_context(running(command, port))
        found[name] = _Contestant(f"http://127.0.0.1:{port}", pid)
    return found


@contextmanager
def _nginx() -> Iterator[_Contestant]:
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        for document in edition().documents.values():
            _store(root / "site", document)
        (root / "nginx.conf").write_text(_nginx_conf(root, port))
        command = [program("nginx"), "-c", str(root / "nginx.conf"), "-e", str(root / "error.log")]
        with running(command, port) as pid:
            yield _Contestant(f"http://127.0.0.1:{port}", children(pid)[0])


def _store(site: Path, document: Document) -> None:
    path = site / (document.path.strip("/") or "index")
    path.parent.mkdir(parents=True, exist_ok=True)
    ending = ".html" if document.media_type == HTML else ""
    Path(f"{path}{ending}").write_bytes(document.body)
    Path(f"{path}{ending}.gz").write_bytes(document.gzip)


def _nginx_conf(root: Path, port: int) -> str:
    """nginx as it would stand in front: one worker, no log, and the headers that we send."""
    ready = ReadyDocument(edition().documents["/"], secure=False).answer({b"accept-encoding": b"gzip"})
    own = {b"content-type", b"content-encoding", b"content-length", b"etag", b"last-modified", b"vary"}
    headers = "\n".join(
        f'    add_header {key.decode()} "{value.decode()}";' for key, value in ready.headers if key not in own
    )
    return f"""
worker_processes 1; daemon off; pid {root}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type text/html;
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
  gzip_static on; gzip_vary on; server_tokens off;
  server {{
    listen 127.0.0.1:{port}; root {root}/site;
    location / {{ try_files $uri $uri.html /index.html; }}
{headers}
  }}
}}
"""


def _nginx_version() -> str:
    said = subprocess.run([program("nginx"), "-v"], check=True, capture_output=True, text=True)
    return said.stderr.strip().rpartition(": ")[2]


def _statements(url: str) -> int:
    """SQL statements that the documents caused: those counted, less the one asked for now on purpose."""
    with urllib.request.urlopen(f"{url}/one-statement") as answer:  # noqa: S310 - our own server
        counted: int = json.load(answer)["statements"]
    if counted < 1:
        raise RuntimeError("the statement counter does not count")
    return counted - 1


def serve(name: str, port: int) -> None:
    """Serve the edition as one contestant, for ever."""
    import uvicorn

    memory = MemorySink()
    memory.put(edition())
    snapshot = Snapshot(_application(), memory, public_hosts={"127.0.0.1"})
    http: Any = protocol_for(snapshot) if name == "protocol" else "httptools"
    uvicorn.run(
        snapshot, port=port, http=http, loop="uvloop", ws="none", log_level="warning", access_log=False,
        server_header=False, proxy_headers=False,
    )  # fmt: skip


def _application() -> Any:
    """A FastAPI application with a database, whose statements are counted whoever sends them."""
    from fastapi import FastAPI
    from sqlalchemy import create_engine, event, text
    from sqlalchemy.engine import Engine

    application, engine = FastAPI(), create_engine("sqlite://")
    counted = {"statements": 0}

    @event.listens_for(Engine, "before_cursor_execute")
    def count(*_: object) -> None:
        counted["statements"] += 1

    @application.get("/one-statement")
    def one_statement() -> dict[str, int]:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        return counted

    return application


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    serve(arguments.serve, arguments.port)
