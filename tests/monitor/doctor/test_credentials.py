"""Credentials tried against doubles: accepted, refused, suspended, away; and nothing changed by it."""

from dataclasses import replace

import boto3
import pytest
from aiohttp import web
from moto.server import ThreadedMotoServer

from app.domain.examination import Finding
from app.monitor.doctor.credentials import look_at_bucket, look_at_ses, look_at_smtp, look_at_twilio
from notifiers.email_smtp import Relay
from tests.doubles.serving import serving
from tests.doubles.ses import environment
from tests.doubles.smtp import mail_server
from tests.doubles.twilio import ACCOUNT, TOKEN, validated_twilio
from tests.ports import free_port


@pytest.fixture
def aws(monkeypatch):
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in environment(f"http://{host}:{port}").items():
        monkeypatch.setenv(name, value)
    yield
    server.stop()


def only(found):
    (check,) = found
    return check


@pytest.mark.slow
def test_twilio_accepts_the_account_as_its_own_description_says():
    with validated_twilio() as (_, url):
        assert only(look_at_twilio(ACCOUNT, TOKEN, url)).finding is Finding.OK
        refused = only(look_at_twilio(ACCOUNT, "another-token", url))
    assert (refused.finding, TOKEN in refused.words) == (Finding.FAIL, False)
    assert "does not accept" in refused.words


@pytest.mark.parametrize(
    ("account", "finding", "said"),
    [
        ({"status": "active", "type": "Full"}, Finding.OK, "active"),
        ({"status": "active", "type": "Trial"}, Finding.WARN, "trial"),
        ({"status": "suspended", "type": "Full"}, Finding.FAIL, "suspended: no text would leave"),
    ],
)
def test_twilio_may_know_us_and_still_send_nothing(account, finding, said):
    async def answer(_request):
        return web.json_response(account)

    app = web.Application()
    app.router.add_get(f"/2010-04-01/Accounts/{ACCOUNT}.json", answer)
    with serving(app) as port:
        check = only(look_at_twilio(ACCOUNT, TOKEN, f"http://127.0.0.1:{port}"))
    assert check.finding is finding
    assert said in check.words


def test_whoever_is_away_is_named():
    twilio = only(look_at_twilio(ACCOUNT, TOKEN, f"http://127.0.0.1:{free_port()}"))
    smtp = only(look_at_smtp(Relay("127.0.0.1", free_port(), "me", "my-password")))
    assert (twilio.finding, smtp.finding) == (Finding.FAIL, Finding.FAIL)
    assert "does not answer" in twilio.words
    assert "my-password" not in smtp.words + smtp.remedy


@pytest.mark.slow
def test_a_bucket_must_keep_conditions_and_is_left_as_it_was(aws):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="page")
    assert only(look_at_bucket("page", "status")).finding is Finding.OK
    assert "Contents" not in s3.list_objects_v2(Bucket="page")
    missing = only(look_at_bucket("elsewhere", ""))
    assert missing.finding is Finding.FAIL
    assert "does not let us in" in missing.words


def test_a_bucket_that_ignores_conditions_fails(monkeypatch):
    async def take(_request):
        return web.Response(headers={"ETag": '"1"'})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    with serving(app) as port:
        for name, value in environment(f"http://127.0.0.1:{port}").items():
            monkeypatch.setenv(name, value)
        check = only(look_at_bucket("page", ""))
    assert check.finding is Finding.FAIL
    assert "older page could overwrite a newer" in check.words


@pytest.mark.parametrize(
    ("account", "finding", "said"),
    [
        ({"SendingEnabled": True, "ProductionAccessEnabled": True}, Finding.OK, "may send"),
        ({"SendingEnabled": True, "ProductionAccessEnabled": False}, Finding.FAIL, "sandbox"),
        ({"SendingEnabled": False, "ProductionAccessEnabled": True}, Finding.FAIL, "stopped"),
    ],
)
def test_ses_tells_whether_the_account_may_send(monkeypatch, account, finding, said):
    async def answer(_request):
        return web.json_response(account)

    app = web.Application()
    app.router.add_get("/v2/email/account", answer)
    with serving(app) as port:
        for name, value in environment(f"http://127.0.0.1:{port}").items():
            monkeypatch.setenv(name, value)
        check = only(look_at_ses())
    assert check.finding is finding
    assert said in check.words


@pytest.mark.slow
def test_a_mail_server_must_speak_tls_and_let_us_in(tmp_path):
    with mail_server(tmp_path) as server:
        trusting = server.certificate.client_context()
        assert only(look_at_smtp(server.relay, trusting)).finding is Finding.OK
        stranger = only(look_at_smtp(replace(server.relay, password="wrong-password"), trusting))
        untrusted = only(look_at_smtp(server.relay))
        assert server.mails == []
    assert "does not accept user and password" in stranger.words
    assert "certificate" in untrusted.words
    assert "wrong-password" not in stranger.words + stranger.remedy
