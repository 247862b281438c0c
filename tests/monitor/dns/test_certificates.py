"""What a browser would meet at the status host, over real TLS: judged as a browser does, told in words."""

from datetime import UTC, datetime, timedelta

import pytest

from app.monitor.dns.certificates import Browser
from tests.doubles.certificates import make_certificate
from tests.doubles.https_host import https_host
from tests.doubles.serving import free_port

NAME = "www.hpmls.example"
HERE = "127.0.0.1"


@pytest.fixture
def certificate(tmp_path):
    return make_certificate(tmp_path, [NAME], timedelta(days=30))


def test_it_says_until_when_the_certificate_holds(certificate):
    with https_host(certificate.server_context()) as port:
        seen = Browser(certificate.client_context(), port=port).certificate(NAME, HERE)
    assert seen.trouble == ""
    assert abs(seen.expires_at - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=1)


def test_it_refuses_a_certificate_for_another_name(certificate):
    with https_host(certificate.server_context()) as port:
        seen = Browser(certificate.client_context(), port=port).certificate("other.hpmls.example", HERE)
    assert seen.trouble.startswith("its certificate is not accepted for other.hpmls.example: ")
    assert "mismatch" in seen.trouble


def test_it_refuses_a_certificate_that_nobody_vouches_for(certificate):
    with https_host(certificate.server_context()) as port:
        seen = Browser(port=port).certificate(NAME, HERE)
    assert "self-signed" in seen.trouble


def test_it_refuses_a_certificate_that_has_ended(tmp_path):
    ended = make_certificate(tmp_path, [NAME], timedelta(minutes=-30))
    with https_host(ended.server_context()) as port:
        seen = Browser(ended.client_context(), port=port).certificate(NAME, HERE)
    assert "expired" in seen.trouble


def test_it_says_that_nobody_answers():
    browser = Browser(port=free_port(), timeout=1)
    assert browser.certificate(NAME, HERE).trouble == "it does not answer on the port for https."
    assert browser.strict_transport(NAME, HERE) is None


def test_a_host_that_says_nothing_is_not_waited_for(silent_server):
    browser = Browser(port=silent_server.port, timeout=0.3)
    assert browser.certificate(NAME, HERE).trouble == "it does not answer on the port for https."


@pytest.mark.parametrize("header", ["max-age=31536000; includeSubDomains", ""])
def test_it_hears_whether_browsers_insist_on_https(certificate, header):
    headers = {"Strict-Transport-Security": header} if header else {}
    with https_host(certificate.server_context(), headers) as port:
        assert Browser(certificate.client_context(), port=port).strict_transport(NAME, HERE) == header
