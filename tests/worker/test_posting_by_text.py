"""From one telephone to all others: the whole installation, with Twilio's fake on its other side."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from twilio.request_validator import RequestValidator

from app.commands import notices
from app.commands.accounts import add_account
from app.commands.posting_codes import new_posting_codes
from app.commands.posting_numbers import save_posting_number
from app.domain.accounts import Role
from app.installation import Installation, now
from app.main import create_app
from app.settings import Settings
from tests.commands.sign_ups import NUMBER as MEMBER
from tests.commands.sign_ups import VAULT, member
from tests.commands.world import build
from tests.doubles.twilio import ACCOUNT, NUMBER, TOKEN, FakeTwilio, fake_twilio

SITE = "http://127.0.0.1:8000"
ON_CALL, LEADER = "+12025550199", "+12025550177"
PASSWORD = "gravel otter teapot"


@pytest.fixture
def twilio() -> Iterator[tuple[FakeTwilio, str]]:
    with fake_twilio() as served:
        yield served


@pytest.fixture
def installation(twilio: tuple[FakeTwilio, str], database_url: str, tmp_path: Path) -> Iterator[Installation]:
    settings = Settings(
        database_url=database_url,
        data_dir=tmp_path / "var",
        public_url=SITE,
        secret_key="a secret of thirty-two characters",
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=TOKEN,
        twilio_from=NUMBER,
        twilio_api_url=twilio[1],
    )
    opened = Installation.open(settings)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def codes(installation: Installation) -> list[str]:
    with installation.database.transaction() as session:
        build(session)
        member(session, now=now())
        lead = add_account(session, "tess@mls.example", "Tess", Role.COMMUNICATIONS_LEAD, PASSWORD, now=now())
        leader = add_account(session, "cal@mls.example", "Cal", Role.COMMANDER, PASSWORD, now=now())
        save_posting_number(session, VAULT, lead, ON_CALL, now=now())
        save_posting_number(session, VAULT, leader, LEADER, now=now())
        return new_posting_codes(session, VAULT, lead, now=now())


def ask(app, method: str, path: str, **options) -> httpx.Response:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SITE) as client:
            return await client.request(method, path, **options)

    return asyncio.run(send())


def texted(app, words: str, sid: str) -> str:
    """What Twilio is told to text back to the person on call."""
    path, form = "/hooks/twilio/message", {"MessageSid": sid, "From": ON_CALL, "To": NUMBER, "Body": words}
    signature = RequestValidator(TOKEN).compute_signature(SITE + path, form)
    answer = ask(app, "POST", path, data=form, headers={"x-twilio-signature": signature})
    assert answer.status_code == 200
    return answer.text


def wait_for(is_there: Callable[[], bool], seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.slow
def test_one_text_and_a_yes_reach_the_page_the_members_and_the_commander(
    installation: Installation, codes: list[str], twilio: tuple[FakeTwilio, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "HOLD", timedelta(0))
    app, worker, fake = create_app(installation), installation.worker(), twilio[0]
    worker.start()
    try:
        assert "is down" not in ask(app, "GET", "/").text
        assert "Reply YES by" in texted(app, f"{codes[0]} sso dash", "SM1")
        assert fake.messages == []
        assert "Published on 127.0.0.1:8000" in texted(app, "Yes", "SM2")
        wait_for(lambda: "Member dashboard is down" in ask(app, "GET", "/").text)
        wait_for(lambda: bool(fake.to(MEMBER)))
        wait_for(lambda: bool(fake.to(LEADER)))
    finally:
        worker.stop()
    (to_member,), (to_leader,) = fake.to(MEMBER), fake.to(LEADER)
    assert "dashboard" in str(to_member["body"]).lower()
    assert str(to_leader["body"]).startswith("Tess published by text: Member dashboard is down.")
