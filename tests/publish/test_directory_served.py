"""The directory behind real web servers, with the configuration that app/publish/directory.py recommends."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from app.publish.directory import DirectorySink
from tests.ports import free_port
from tests.publish.stored import comes, edition

PATHS = {
    "/": "/",
    "/?a=b": "/",
    "/history": "/history",
    "/history/": "/history",
    "/incidents/a1": "/incidents/a1",
    "/es": "/es/",
    "/es/": "/es/",
    "/es/incidents/a1": "/es/incidents/a1",
    "/text": "/text",
    "/api/v2/summary.json": "/api/v2/summary.json",
    "/api/v2/summary": "/api/v2/summary.json",
    "/history.atom": "/history.atom",
}


def test_nginx_serves_the_directory(tmp_path: Path) -> None:
    root = published(tmp_path)
    with nginx(tmp_path, root) as port:
        assert_served(port, root, coding="gzip", has_404=True)


def test_caddy_serves_the_directory(tmp_path: Path) -> None:
    root = published(tmp_path)
    with caddy(tmp_path, root) as port:
        assert_served(port, root, coding="br", has_404=False)


def published(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    DirectorySink(root).put(edition(1))
    return root


def assert_served(port: int, root: Path, *, coding: str, has_404: bool) -> None:
    sink = DirectorySink(root)
    for generation in (2, 3):
        sink.put(edition(generation))
        for path, name in PATHS.items():
            status, headers, body = get(port, path, coding)
            one = edition(generation).documents[name]
            assert (status, headers["content-encoding"]) == (200, coding), path
            assert body == (one.gzip if coding == "gzip" else one.brotli), path
            assert headers["content-type"].startswith(one.media_type.partition(";")[0].replace("+xml", "")[:9]), path
    assert get(port, "/", "identity")[2] == edition(3).documents["/"].body
    status, _, body = get(port, "/nowhere", "identity")
    assert status == 404
    assert not has_404 or body == edition(3).documents["/404"].body


def get(port: int, path: str, coding: str) -> tuple[int, dict[str, str], bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", path, headers={"Accept-Encoding": coding})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


@contextmanager
def nginx(tmp_path: Path, root: Path) -> Iterator[int]:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    temporary = " ".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.getuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(f"""
{user} daemon off; master_process off; pid {tmp_path}/pid; events {{ }}
http {{
  access_log off; client_body_temp_path {tmp_path}/body; {temporary}
  types {{ text/html html; application/json json; text/plain txt; application/atom+xml atom; }}
  gzip_static on;
  server {{
    listen 127.0.0.1:{port};
    root {root}/current;
    rewrite ^(.+)/$ $1;
    location = / {{ try_files /index.html =404; }}
    location / {{ try_files $uri $uri.html $uri/index.html $uri.txt $uri.json =404; }}
    error_page 404 /404.html;
  }}
}}
""")
    with serving([program, "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")], port):
        yield port


@contextmanager
def caddy(tmp_path: Path, root: Path) -> Iterator[int]:
    program = shutil.which("caddy")
    if program is None:
        pytest.skip("caddy is not installed")
    port = free_port()
    (tmp_path / "Caddyfile").write_text(f"""{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  root * {root}/current
  @slash path_regexp slash ^(.+)/$
  rewrite @slash {{re.slash.1}}
  try_files {{path}} {{path}}.html {{path}}/index.html {{path}}.txt {{path}}.json
  file_server {{
    precompressed br gzip
  }}
}}
""")
    home = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    with serving([program, "run", "--config", str(tmp_path / "Caddyfile")], port, home):
        yield port


@contextmanager
def serving(command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        assert comes(lambda: is_open(port)), f"{command[0]} does not start"
        yield
    finally:
        process.terminate()
        process.wait(10)


def is_open(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
