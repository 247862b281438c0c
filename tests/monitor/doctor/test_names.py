"""Names looked up in a real BIND and met over real TLS: what they share, how long certificates and answers last."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.examination import Finding
from app.domain.failover import Switch
from app.monitor.dns.certificates import Browser
from app.monitor.dns.runbook import Runbook
from app.monitor.doctor.names import (
    Names,
    is_public_name,
    look_at_certificates,
    look_at_shared_fate,
    look_at_switches,
)
from tests.doubles.bind import KEY, Bind, bind
from tests.doubles.certificates import make_certificate
from tests.doubles.https_host import https_host

# The zone of the tests leads to several loopback addresses; nobody listens there.
pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.10", "127.0.0.20", "127.0.0.30"])

NOW = datetime.now(UTC)
PAGE = "edge.hpmls-status.example"
DASHBOARD = Switch("d", "dashboard.hpmls.example", "hpmls.example", "rfc2136", ("192.0.2.9",), (PAGE,), 300)


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    with bind(tmp_path_factory.mktemp("zone")) as running:
        yield running


def shared(names: Bind, asked: Names):
    nobody = Browser(port=9, timeout=0.5)
    return {check.words: check.finding for check in look_at_shared_fate(asked, names.reader, nobody)}


def test_it_finds_the_zone_of_a_name_and_who_takes_its_mail(names):
    assert names.reader.zone_of(PAGE) == ("hpmls-status.example", ("ns1.hpmls-status.example",))
    assert names.reader.zone_of("www.elsewhere.example") == ("", ())
    assert names.reader.mail_hosts("hpmls.example") == ("mail.postroom.example",)
    assert names.reader.mail_hosts("hpmls-status.example") == ()


def test_a_page_in_the_mls_zone_and_network_falls_with_it(names):
    asked = Names("mail.hpmls.example", "mail.hpmls.example", ("hpmls.example",))
    found = shared(names, asked)
    zone, network = sorted(found, key=lambda words: "network" in words)
    assert "stand in one DNS zone, hpmls.example" in zone
    assert "same network (127.0.0.0/24)" in network
    assert set(found.values()) == {Finding.FAIL}


def test_mailboxes_and_the_work_sign_in_are_a_warning(names):
    asked = Names(PAGE, PAGE, ("www.hpmls.example",), sign_in="both.hpmls.example", mailboxes=("hpmls.example",))
    found = shared(names, asked)
    assert all(finding is Finding.WARN for finding in found.values()), found
    begins = sorted(words.partition(" (")[0] for words in found)
    assert begins == ["Alert mail", "The work sign-in"]


def test_a_name_that_points_here_now_is_judged_by_where_it_normally_leads(names):
    asked = Names(PAGE, PAGE, ("both.hpmls.example",))
    (said,) = shared(names, asked)
    assert "same network (127.0.0.0/24)" in said
    away = replace(DASHBOARD, name="both.hpmls.example", normal=("nowhere.hpmls.example",))
    (said,) = shared(names, replace(asked, switches=(away,)))
    assert said.startswith("Zones, name servers, networks and issuers are not the MLS's own.")


def test_nothing_is_asked_where_no_name_of_the_mls_may_point_here(names):
    (said,) = shared(names, Names(PAGE, PAGE))
    assert "nothing is compared" in said


@pytest.mark.parametrize(
    ("lasts", "finding"),
    [(timedelta(days=60), Finding.OK), (timedelta(days=10), Finding.WARN), (timedelta(hours=40), Finding.FAIL)],
)
def test_certificates_are_told_with_the_days_they_have_left(names, tmp_path, lasts, finding):
    certificate = make_certificate(tmp_path, [PAGE, DASHBOARD.name], lasts)
    asked = Names(PAGE, PAGE, (DASHBOARD.name,), switches=(DASHBOARD,))
    with https_host(certificate.server_context()) as port:
        browser = Browser(certificate.client_context(), port=port)
        found = list(look_at_certificates(asked, names.reader, browser, now=NOW))
    assert [check.name for check in found] == [f"certificate {PAGE}", f"certificate {DASHBOARD.name}"]
    assert {check.finding for check in found} == {finding}
    assert f"{lasts.days} days left" in found[0].words


def test_a_certificate_for_another_name_fails_with_what_a_browser_would_say(names, tmp_path):
    certificate = make_certificate(tmp_path, ["somebody.else.example"])
    with https_host(certificate.server_context()) as port:
        browser = Browser(certificate.client_context(), port=port)
        (check,) = look_at_certificates(Names(PAGE, PAGE), names.reader, browser, now=NOW)
    assert check.finding is Finding.FAIL
    assert f"not accepted for {PAGE}" in check.words


def test_a_switch_tells_a_ttl_that_is_longer_than_planned(names):
    providers = {"rfc2136": names.updates(KEY), "runbook": Runbook(names.reader)}
    read, ttl = look_at_switches((DASHBOARD,), names.reader, providers)
    assert (read.finding, ttl.finding) == (Finding.OK, Finding.WARN)
    assert "The served TTL is 86,400 seconds, not 300" in ttl.words


def test_a_switch_whose_provider_is_not_set_up_would_fail(names):
    (check,) = look_at_switches((DASHBOARD,), names.reader, {})
    assert check.finding is Finding.FAIL
    assert "rfc2136" in check.words


@pytest.mark.parametrize(
    ("host", "is_public"),
    [("127.0.0.1", False), ("2001:db8::1", False), ("localhost", False), ("a.localhost", False), (PAGE, True)],
)
def test_a_laptop_has_no_name_to_ask_for(host, is_public):
    assert is_public_name(host) is is_public
