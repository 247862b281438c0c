"""Every kind of probe against a real server on this machine, well and unwell; and what none may reach."""

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import MappingProxyType

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


def look(
    kind: ProbeKind, reach: Reach = NEAR, secrets: Mapping[str, str] = MappingProxyType({}), **expects: object
) -> Look:
    told = {name: str(value) for name, value in expects.items()}
    probe = Probe("p", kind, "forms", told, secrets=secrets)
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
    assert {*LINES, *PAGES} == {kind for kind in ProbeKind if not kind.comes_by_itself}


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


SIGNED = {"user": "agent", "password": "gravel & otter"}


@pytest.fixture(scope="module")
def front_door() -> Iterator[str]:
    """A sign-in as members know it: a form with a token, a cookie, a redirect, and a page behind it."""

    async def form(_request: web.Request) -> web.Response:
        page = '<h1>Sign in</h1><form><input type="hidden" name="csrf" value="t0ken"></form>'
        answer = web.Response(text=page, content_type="text/html")
        answer.set_cookie("before", "yes")
        return answer

    async def sign_in(request: web.Request) -> web.Response:
        sent = await request.post()
        asked = (sent.get("user"), sent.get("password"), sent.get("csrf"), request.cookies.get("before"))
        if asked != ("agent", "gravel & otter", "t0ken", "yes"):
            return web.Response(text=f"Wrong: {sent.get('password')}", status=403)
        answer = web.Response(status=303, headers={"Location": "/home"})
        answer.set_cookie("session", "s3cret")
        return answer

    async def home(request: web.Request) -> web.Response:
        if request.cookies.get("session") != "s3cret":
            return web.Response(status=302, headers={"Location": "/login"})
        return web.Response(text="Welcome back, agent")

    async def again(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/again"})

    app = web.Application()
    app.router.add_get("/login", form)
    app.router.add_post("/login", sign_in)
    app.router.add_get("/home", home)
    app.router.add_get("/again", again)
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"


def journey(door: str, last: str = "expect text Welcome back", secrets: Mapping[str, str] = SIGNED) -> Look:
    steps = f"""open {door}/login
        expect text Sign in
        send {door}/login user={{secret:user}} password={{secret:password}} csrf={{hidden:csrf}}
        expect status 200
        {last}"""
    return look(ProbeKind.LOGIN_JOURNEY, secrets=secrets, steps=steps)


def test_r07_a_login_journey_signs_in_as_a_member_does(front_door):
    seen = journey(front_door)
    assert (seen.is_well, seen.reason) == (True, "")


def test_a_login_journey_says_which_step_failed_and_never_the_password(front_door):
    wrong = journey(front_door, secrets=SIGNED | {"password": "wrong-secret"})
    assert (wrong.is_well, wrong.reason) == (False, "step 4, status: the page answered 403")
    blank = journey(front_door, last="expect text gravel-otter", secrets=SIGNED | {"user2": "gravel-otter"})
    assert blank.reason == "step 5, text: “•••” is not on the page"


def test_a_login_journey_follows_no_endless_way_and_reaches_nothing_private(front_door):
    assert look(ProbeKind.LOGIN_JOURNEY, steps=f"open {front_door}/again").reason == "it leads on and on"
    assert "may be watched" in look(ProbeKind.LOGIN_JOURNEY, Reach(timeout=2.0), steps=f"open {front_door}/home").reason


def feed(age: timedelta, form: str) -> str:
    changed = datetime.now(UTC) - age
    if form == "json":
        return f'{{"value": [{{"ModificationTimestamp": "{changed.isoformat()}"}}, {{"ModificationTimestamp": "x"}}]}}'
    if form == "atom":
        old = "<entry><updated>2001-01-01T00:00:00Z</updated></entry>"
        return f"<feed><entry><updated>{changed.isoformat()}</updated></entry>{old}</feed>"
    return f"<rss><item><pubDate>{format_datetime(changed)}</pubDate></item></rss>"


@pytest.mark.parametrize("form", ["json", "atom", "rss"])
@pytest.mark.parametrize(("minutes", "is_well", "is_slow"), [(10, True, False), (45, True, True), (130, False, False)])
def test_r07_a_feed_is_as_old_as_its_newest_entry(form, minutes, is_well, is_slow):
    async def answer(request: web.Request) -> web.Response:
        is_known = request.headers.get("Authorization") == "Bearer k3y"
        return web.Response(text=feed(timedelta(minutes=minutes), form)) if is_known else web.Response(status=401)

    app = web.Application()
    app.router.add_get("/feed", answer)
    with serving(app) as port:
        asked = {"url": f"http://127.0.0.1:{port}/feed", "warn_minutes": 30, "fail_minutes": 120}
        seen = look(ProbeKind.FEED_AGE, secrets={"bearer": "k3y"}, **asked)
        stranger = look(ProbeKind.FEED_AGE, **asked)
    assert (seen.is_well, seen.is_slow, stranger.reason) == (is_well, is_slow, "answers 401")
    assert seen.reason == ("" if minutes == 10 else f"the newest entry is {minutes} min old")


def test_a_feed_without_a_time_is_not_well(site):
    assert look(ProbeKind.FEED_AGE, url=f"{site}/up", fail_minutes=5).reason == "names no time of change"
