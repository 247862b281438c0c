"""Behind a proxy each member has limits of their own; a stranger's word about an address counts for nothing."""

import threading
import time

import httpx
import pytest
import uvicorn

from app.domain.errors import RefusedError
from app.installation import Installation
from app.main import _server
from app.settings import Settings, load_settings
from tests.doubles.serving import free_port


@pytest.fixture
def server_of(tmp_path, sqlite_url, monkeypatch):
    """Starts the real server whose application says where each request came from; gives its address."""
    started: list[tuple[uvicorn.Server, threading.Thread, Installation]] = []

    def start(**settings: object) -> str:
        port = free_port()
        given = Settings(database_url=sqlite_url, data_dir=tmp_path, **settings)
        installation = Installation.open(given)
        monkeypatch.setattr("app.main.create_app", lambda _: said_where)
        monkeypatch.setattr("app.main.protocol_for", lambda *_: "httptools")
        server = _server(installation, "127.0.0.1", port)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        started.append((server, thread, installation))
        while not server.started:
            time.sleep(0.02)
        return f"http://127.0.0.1:{port}/"

    yield start
    for server, thread, installation in started:
        server.should_exit = True
        thread.join(10)
        installation.close()


async def said_where(scope, receive, send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["client"][0].encode()})


def seen_from(url: str) -> str:
    with httpx.Client(trust_env=False) as client:
        return client.get(url, headers={"x-forwarded-for": "198.51.100.9, 203.0.113.5"}).text


def test_nobody_is_believed_unless_they_are_named(server_of):
    assert seen_from(server_of()) == "127.0.0.1"


def test_a_named_proxy_is_believed_about_the_last_address_only(server_of):
    assert seen_from(server_of(trusted_proxies=("127.0.0.1",))) == "203.0.113.5"


@pytest.mark.parametrize("proxies", ["*", "0.0.0.0/0", "::/0"])
def test_a_wildcard_is_refused(proxies):
    with pytest.raises(RefusedError, match="believe anybody"):
        load_settings(trusted_proxies=proxies)
