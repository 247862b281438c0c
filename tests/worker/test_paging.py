"""From a page that fails to a telephone that rings, and the key that stops the next: a real worker, check and call."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from sqlmodel import select
from twilio.request_validator import RequestValidator

from app.commands.probes import add_probe
from app.domain.pages import PageState
from app.domain.probes import ProbeDraft, ProbeKind
from app.installation import Installation, now
from app.main import create_app
from app.settings import Settings
from app.store.escalation import open_call_outs
from app.store.pages import PageRow
from tests.commands.duty import man, number_of
from tests.commands.world import build
from tests.doubles.serving import serving
from tests.doubles.twilio import ACCOUNT, NUMBER, TOKEN, FakeTwilio, fake_twilio
from tests.doubles.twiml import read_twiml
from tests.worker.test_posting_by_text import SITE, ask, wait_for


@pytest.fixture
def twilio() -> Iterator[tuple[FakeTwilio, str]]:
    with fake_twilio() as served:
        yield served


@pytest.fixture
def installation(twilio: tuple[FakeTwilio, str], sqlite_url: str, tmp_path: Path) -> Iterator[Installation]:
    settings = Settings(
        database_url=sqlite_url,
        data_dir=tmp_path / "var",
        public_url=SITE,
        secret_key="another secret of thirty-two signs",
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=TOKEN,
        twilio_from=NUMBER,
        twilio_api_url=twilio[1],
        probe_private_addresses=True,
    )
    opened = Installation.open(settings)
    opened.migrate()
    yield opened
    opened.close()


async def fails(_request: web.Request) -> web.Response:
    return web.Response(status=500)


@pytest.mark.slow
def test_a_check_that_fails_rings_whoever_is_on_duty_and_a_key_stops_it(
    installation: Installation, twilio: tuple[FakeTwilio, str]
) -> None:
    fake, database = twilio[0], installation.database
    site = web.Application()
    site.router.add_get("/health", fails)
    with serving(site) as port:
        with database.transaction() as session:
            build(session)
            man(session, at=now(), vault=installation.links.vault)
            expects = {"url": f"http://127.0.0.1:{port}/health"}
            draft = ProbeDraft(ProbeKind.HTTP, expects, timedelta(seconds=10), fail_after=1)
            add_probe(session, "dashboard", draft, now=now())
        app, worker = create_app(installation), installation.worker()
        worker.start()
        try:
            wait_for(lambda: len(fake.calls) == 3 and len(fake.messages) == 3, 60)
            wait_for(lambda: _states(database) == {PageState.SENT})
        finally:
            worker.stop()
    call = next(call for call in fake.calls if call["to"] == number_of("Tess"))
    gather = read_twiml(str(call["twiml"]).encode()).find("Gather")
    assert "Suspected: Member dashboard is down" in gather.findtext("Say")
    path = gather.get("action").removeprefix(SITE)
    signature = RequestValidator(TOKEN).compute_signature(SITE + path, {"Digits": "1"})
    answer = ask(app, "POST", path, data={"Digits": "1"}, headers={"x-twilio-signature": signature})
    assert "You have it." in answer.text
    with database.read() as session:
        assert open_call_outs(session)[0].answered_by == "Tess"


def _states(database) -> set[str]:
    with database.read() as session:
        return set(session.exec(select(PageRow.state)))
