"""Every kind of probe against a real server on this machine, well and unwell; and what none may reach."""

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from aiohttp import web

from app.domain.probes import Look, Probe, ProbeKind
from app.monitor.probes.reaching import Reach, is_watchable
from app.monitor.probes.turns import LINES, PAGES, look_at
from tests.doubles.bind import bind
from tests.doubles.certificates import make_certificate
from tests.doubles.serving import free_port, serving
from tests.doubles.smtp import mail_server

NEAR = Reach(is_watchable, timeout=2.0)


def look(kind: ProbeKind, reach: Reach = NEAR, **expects: object) -> Look:
    probe = Probe("p", kind, "forms", {name: str(value) for name, value in expects.items()})
    return asyncio.run(look_at([probe], reach))["p"]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    async def slow(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.Response(text="up")

    async def summary(request: web.Request) -> web.Response:
        indicator = request.match_info["indicator"]
        return web.json_response({"status": {"indicator": indicator, "description": f"{indicator} trouble"}})

    async def up(_request: web.Request) -> web.Response:
        return web.Response(text="all is up")

    async def broken(_request: web.Request) -> web.Response:
        return web.Response(status=500)

    async def moved(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/up"})

    app = web.Application()
    app.router.add_get("/up", up)
    app.router.add_get("/broken", broken)
    app.router.add_get("/moved", moved)
    app.router.add_get("/slow", slow)
    app.router.add_get("/summary/{indicator}", summary)
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"


def test_every_kind_that_looks_stands_in_a_dictionary():
    assert {*LINES, *PAGES} == set(ProbeKind) - {ProbeKind.HEARTBEAT}


def test_a_page_that_answers_is_well(site):
    seen = look(ProbeKind.HTTP, url=f"{site}/up", text="all is up", status=200)
    assert seen.is_well
    assert seen.seconds > 0


@pytest.mark.parametrize(
    ("path", "expects", "reason"),
    [
        ("/broken", {}, "answers 500"),
        ("/up", {"status": 204}, "answers 200, not 204"),
        ("/up", {"text": "welcome"}, "answers 200 without “welcome”"),
        ("/slow", {"most_seconds": 0.1}, "takes 0.3 s, more than 0.1 s"),
    ],
)
def test_a_page_that_is_not_as_expected_says_why(site, path, expects, reason):
    seen = look(ProbeKind.HTTP, url=site + path, **expects)
    assert (seen.is_well, seen.reason) == (False, reason)


def test_it_follows_no_redirect(site):
    assert look(ProbeKind.HTTP, url=f"{site}/moved", status=302).is_well


def test_a_vendor_says_it_itself(site):
    well, minor, major = (
        look(ProbeKind.STATUSPAGE, url=f"{site}/summary/{each}") for each in ("none", "minor", "major")
    )
    assert (well.is_well, well.is_slow) == (True, False)
    assert (minor.is_well, minor.is_slow, minor.reason) == (True, True, "the vendor says: minor trouble")
    assert (major.is_well, major.reason) == (False, "the vendor says: major trouble")
    assert look(ProbeKind.STATUSPAGE, url=f"{site}/up").reason == "answers 200 and no summary"


def test_an_open_port_is_well_and_a_closed_one_is_not(site):
    assert look(ProbeKind.TCP, host="127.0.0.1", port=site.rpartition(":")[2]).is_well
    assert not look(ProbeKind.TCP, host="127.0.0.1", port=free_port()).is_well


@pytest.mark.parametrize(("days", "is_well", "is_slow"), [(60, True, False), (10, True, True), (1, False, False)])
def test_a_certificate_warns_before_it_ends_and_fails_when_it_is_near(tmp_path, days, is_well, is_slow):
    certificate = make_certificate(tmp_path, ["mls.example"], lasts=timedelta(days=days, hours=1))
    with serving(web.Application(), tls=certificate.server_context()) as port:
        trusting = Reach(is_watchable, timeout=2.0, tls=certificate.client_context())
        seen = look(ProbeKind.TLS, trusting, host="127.0.0.1", port=port)
        stranger = look(ProbeKind.TLS, host="127.0.0.1", port=port)
    assert (seen.is_well, seen.is_slow) == (is_well, is_slow)
    assert (f"ends in {days} days" in seen.reason) == (days < 21)
    assert (stranger.is_well, "self-signed" in stranger.reason) == (False, True)


def test_a_name_is_asked_of_a_real_name_server(tmp_path):
    with bind(tmp_path) as server:
        asked = {"server": "127.0.0.1", "port": server.port}
        assert look(ProbeKind.DNS, name="hpmls.example", address="127.0.0.10", **asked).is_well
        assert look(
            ProbeKind.DNS, name="www.hpmls.example", type="CNAME", address="web.hosting.example", **asked
        ).is_well
        other = look(ProbeKind.DNS, name="hpmls.example", address="127.0.0.99", **asked)
        gone = look(ProbeKind.DNS, name="nothing.hpmls.example", **asked)
    assert other.reason == "A is 127.0.0.10, not 127.0.0.99"
    assert (gone.is_well, gone.reason) == (False, "A: NXDOMAIN")


def test_a_mail_server_greets(tmp_path):
    with mail_server(tmp_path) as server:
        assert look(ProbeKind.SMTP, host="127.0.0.1", port=server.port).is_well


@contextmanager
def says_once(words: bytes) -> Iterator[int]:
    """A server that says one thing to one caller and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.sendall(words)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def test_a_mail_server_that_is_busy_is_unwell_in_its_own_words():
    with says_once(b"421 too busy\r\n") as port:
        assert look(ProbeKind.SMTP, host="127.0.0.1", port=port).reason == "greets with “421 too busy”"


def test_a_server_that_never_answers_is_given_up_in_time():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        seen = look(ProbeKind.SMTP, Reach(is_watchable, timeout=0.3), host="127.0.0.1", port=listener.getsockname()[1])
    assert (seen.is_well, seen.reason) == (False, "no answer within 0.3 s")


@pytest.mark.parametrize("kind", [ProbeKind.HTTP, ProbeKind.TCP, ProbeKind.SMTP, ProbeKind.TLS])
def test_a_private_address_is_watched_only_where_that_is_allowed(site, kind):
    port = site.rpartition(":")[2]
    seen = look(kind, Reach(timeout=2.0), url=f"{site}/up", host="127.0.0.1", port=port)
    assert (seen.is_well, "may be watched" in seen.reason) == (False, True)


def test_no_probe_opens_a_file(site):
    assert look(ProbeKind.HTTP, url="file:" + "///etc/hostname").reason == "only http and https can be watched"


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "168.63.129.16", "fd00:ec2::254", "fe80::1", "224.0.0.1", "::", "::ffff:10.0.0.1"],
)
def test_metadata_is_never_watched_though_private_addresses_are(address):
    assert not is_watchable(ipaddress.ip_address(address))
    assert is_watchable(ipaddress.ip_address("10.0.0.1"))
