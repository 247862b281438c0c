"""The worked examples of docs/api.md, run as they are printed: real curl, a real server, the whole application."""

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlmodel import select

from app.cli.shell import now
from app.commands.api_keys import create_api_key
from app.domain.api_keys import MANAGE_SCOPES
from app.importers.demo import load_demo
from app.installation import Installation
from app.main import create_app
from app.settings import Settings
from app.store.notices import NoticeRow
from app.store.organisation import the_organisation
from tests.ports import free_port

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
PROGRAMS = ("bash", "curl", "jq")


@pytest.fixture
def installation(database_url, tmp_path) -> Iterator[Installation]:
    """The demo organisation, on SQLite and on PostgreSQL."""
    settings = Settings(
        database_url=database_url,
        data_dir=tmp_path,
        public_url=f"http://127.0.0.1:{free_port()}",
        failover_hosts=("www.hpmls.example",),
    )
    installation = Installation.open(settings)
    installation.migrate()
    load_demo(installation.database, installation.links.vault, now=now())
    yield installation
    installation.close()


@pytest.fixture
def address(installation) -> Iterator[str]:
    """Where the whole application answers."""
    address = installation.settings.public_url
    port = int(address.rpartition(":")[2])
    server = uvicorn.Server(uvicorn.Config(create_app(installation), port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield address
    server.should_exit = True
    thread.join(10)


def examples() -> list[str]:
    """The blocks of shell in the guide, without the first, which sets what everybody sets anew."""
    return re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[1:]


@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason="curl or jq is not installed")
def test_every_example_of_the_guide_works_as_printed(installation, address):
    with installation.database.transaction() as session:
        key = create_api_key(session, "Night monitor", MANAGE_SCOPES, now=now())[1]
        page = the_organisation(session).id
    given = f'SITE={address}\nPAGE={page}\nAUTH="Authorization: OAuth {key}"\n'
    script = "set -euo pipefail\n" + given + "\n".join(examples())
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr
    assert len(examples()) >= 6
    with installation.database.read() as session:
        told = [notice.content["status"] for notice in session.exec(select(NoticeRow).order_by(NoticeRow.id))]
    assert told[-4:] == ["investigating", "identified", "resolved", "scheduled"]


def test_the_names_of_a_failover_show_no_api(installation, address):
    with installation.database.transaction() as session:
        key = create_api_key(session, "Night monitor", MANAGE_SCOPES, now=now())[1]
    headers = {"Authorization": f"OAuth {key}"}
    assert httpx.get(f"{address}/v1/pages", headers=headers).status_code == 200
    elsewhere = httpx.get(f"{address}/v1/pages", headers=headers | {"Host": "www.hpmls.example"})
    assert "application/json" not in elsewhere.headers.get("content-type", "")
    posted = httpx.post(f"{address}/v1/pages", headers=headers | {"Host": "www.hpmls.example"}, json={})
    assert "time_zone" not in elsewhere.text + posted.text
