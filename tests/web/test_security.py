"""What stands before the console: other sites, other hosts, and bodies that are too big, slow or broken."""

import asyncio
import re

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.store.session import Database
from app.web.security import BODY_MOST, BoundedBody, SameOrigin
from tests.web.consoles import Console, text_of

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
HERE = "http://127.0.0.1"


@pytest.fixture
def console(sqlite_url):
    """On SQLite alone: nothing here depends on the database."""
    console = Console(Database.open(sqlite_url))
    yield console
    console.database.close()


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "Same-Origin", "same-origin, same-origin"])
def test_it_refuses_what_another_site_set_off(console, method, site):
    answer = console.signed_in().request(method, "/admin/sign-out", headers={"Sec-Fetch-Site": site, "Origin": HERE})
    assert answer.status_code == 403
    assert "came from another site" in answer.text


def test_it_does_nothing_that_another_site_set_off(console):
    browser = console.signed_in()
    browser.post("/admin/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert browser.get("/admin").status_code == 200


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_it_takes_what_our_own_pages_send(console, site):
    assert console.browser().post("/admin/sign-out", headers={"Sec-Fetch-Site": site}).status_code == 303


def test_it_takes_an_exact_origin_from_browsers_that_do_not_say_more(console):
    answer = console.browser().post("/admin/sign-out", headers={"Sec-Fetch-Site": None, "Origin": HERE})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "https://127.0.0.1",
        "http://127.0.0.1:81",
        f"{HERE}/",
        f"{HERE}.evil.example",
    ],
)
def test_it_refuses_any_other_origin(console, origin):
    answer = console.browser().post("/admin/sign-out", headers={"Sec-Fetch-Site": None, "Origin": origin})
    assert answer.status_code == 403


def test_it_lets_signed_webhooks_prove_themselves_otherwise():
    async def hook(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("taken")

    inner = Starlette(routes=[Route(path, hook, methods=["POST"]) for path in ("/hooks/ses", "/hooks/ses/x")])
    guarded = SameOrigin(inner, secure=True, refusal=_plain, exempt={"/hooks/ses"})
    answers = {path: _status(guarded, "POST", path) for path in ("/hooks/ses", "/hooks/ses/x")}
    assert answers == {"/hooks/ses": 200, "/hooks/ses/x": 403}


@pytest.mark.parametrize("host", ["status.mls.example", "evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil", ""])
@pytest.mark.parametrize("path", ["/admin", "/admin/sign-in", "/admin/nothing", "/admin/static/console.css"])
def test_it_answers_only_under_its_own_name(console, host, path):
    answer = console.signed_in().get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert "set-cookie" not in answer.headers


def test_it_answers_under_its_own_name_with_any_port(console):
    assert console.browser().get("/admin/sign-in", headers={"Host": "127.0.0.1:8000"}).status_code == 200


@pytest.mark.parametrize("path", ["/admin/sign-in", "/admin", "/admin/nothing", "/admin/incidents/new"])
def test_it_says_on_every_page_what_browsers_may_do_with_it(console, path):
    headers = console.signed_in().get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "permissions-policy" in headers
    assert "strict-transport-security" not in headers


def test_it_asks_for_https_only_where_browsers_come_by_https(sqlite_url):
    console = Console(Database.open(sqlite_url), secure=True)
    assert "max-age=" in console.browser().get("/admin/sign-in").headers["strict-transport-security"]
    console.database.close()


@pytest.mark.parametrize(
    "path", ["/admin", "/admin/incidents/new", "/admin/components/forms", "/admin/maintenance/new"]
)
def test_it_writes_no_script_and_no_style_into_a_page(console, path):
    page = console.signed_in().get(f"/admin{path}").text
    assert not re.search(r"<script(?![^>]+src=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", page)


def test_it_serves_its_files_for_ever_under_names_of_their_content(console):
    page = console.browser().get("/admin/sign-in").text
    addresses = re.findall(r'(?:href|src)="(/admin/static/[^"]+)"', page)
    assert len(addresses) == 6
    for address in addresses:
        answer = console.browser().get(address, headers={"Accept-Encoding": "br"})
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-encoding"] == "br"
        assert re.search(r"\.[0-9a-f]{12}\.(css|js|svg)$", address)


@pytest.mark.parametrize("name", ["console.css", "console.000000000000.css", "..%2fpyproject.toml", "%2e%2e/x", "%ff"])
def test_it_serves_no_file_under_another_name(console, name):
    assert console.browser().get(f"/admin/static/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/admin/nothing", "/admin/", "/admin/incidents/", "/admin/%ff", "/admin/a/b/c/d"])
def test_it_says_in_a_page_that_nothing_is_there(console, path):
    answer = console.signed_in().get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in text_of(answer.text)


@pytest.mark.parametrize(
    "path", ["/admin/incidents/nosuchthing1", "/admin/maintenance/nosuchthing1", "/admin/components/x"]
)
def test_it_says_in_a_page_that_a_thing_does_not_exist(console, path):
    answer = console.signed_in().get(f"/admin/{path}")
    assert answer.status_code == 404
    assert "There is no" in text_of(answer.text)


def test_it_refuses_other_methods_in_a_page(console):
    answer = console.signed_in().request("DELETE", "/admin/incidents/new")
    assert answer.status_code == 405
    assert "does not take that kind of request" in text_of(answer.text)


def test_it_refuses_a_body_that_is_declared_too_big_without_reading_it(console):
    answer = console.browser().post("/admin/sign-in", headers={"Content-Length": str(BODY_MOST + 1)}, content=b"")
    assert answer.status_code == 413
    assert "more than 2 MB" in text_of(answer.text)


def test_it_refuses_a_body_that_turns_out_too_big(console):
    async def flood():
        for _ in range(BODY_MOST // 100_000 + 1):
            yield b"x" * 100_000

    answer = console.browser().post("/admin/sign-in", content=flood(), headers={"Content-Type": FORM})
    assert answer.status_code == 413


def test_it_refuses_a_body_that_dribbles_in():
    async def slow_receive():
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def read(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    app = BoundedBody(Starlette(routes=[Route("/", read, methods=["POST"])]), refusal=_plain, seconds=0.2)
    assert _status(app, "POST", "/", slow_receive) == 408


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("body", [b"email=\xff\xfe", b"email=%ff%fe", b"\xff=1"])
def test_it_refuses_what_is_not_utf_8(console, body):
    answer = console.browser().post("/admin/sign-in", content=body, headers={"Content-Type": FORM})
    assert answer.status_code == 400
    assert "not UTF-8" in text_of(answer.text)


def test_it_refuses_more_fields_than_any_form_has(console):
    body = b"&".join(b"a=1" for _ in range(1_001))
    answer = console.browser().post("/admin/sign-in", content=body, headers={"Content-Type": FORM})
    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", "nonsense"])
def test_it_takes_nothing_but_its_own_forms(console, kind):
    answer = console.browser().post("/admin/sign-in", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415


def test_it_never_shows_a_stack_trace(console, caplog):
    def broken():
        raise ZeroDivisionError("a secret of ours")

    console.app.router.routes.insert(0, Route("/admin/broken", lambda _request: broken()))
    answer = console.signed_in().get("/admin/broken")
    assert answer.status_code == 500
    assert "Something broke on our side" in text_of(answer.text)
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"]
    assert "a secret of ours" in caplog.text


@pytest.mark.parametrize(
    "query", ["page=x", "page=-1", "page=99999999999999999999", "search=%ff", "search=%00", "page="]
)
def test_it_never_breaks_on_a_query(console, query):
    assert console.signed_in().get(f"/admin/incidents?{query}").status_code in (200, 422)


def _plain(_request: Request, status: int, sentence: str) -> PlainTextResponse:
    return PlainTextResponse(sentence, status)


def _status(app, method, path, receive=None):
    """The status that an ASGI application answers with."""
    started = []

    async def nothing():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        started.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b"", "http_version": "1.1"}
    asyncio.run(app(scope, receive or nothing, send))
    return started[0]["status"]
