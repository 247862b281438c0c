"""Whatever is sent to any route, nothing answers with a fault of ours, and everything answers in bounded time.

Schemathesis makes the requests from the descriptions that FastAPI derives from the routes. Forms are
read field by field, so that their description is put together here: every name that a template uses.
"""

import re
import time
import warnings
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, given, settings
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.accounts import Role
from app.domain.sign_ups import SignUpLimits
from app.store.session import Database
from app.store.signed_links import Links
from app.web.hooks import HookParts, build_hooks
from app.web.posted import FORM
from app.web.subscribe import SignUpParts, build_sign_up
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW
from tests.web.consoles import HOST, Console
from tests.web.sign_up_site import SITE

TEMPLATES = Path(__file__).parents[2] / "templates"
FIELDS = sorted(
    {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r'name="([a-z_]+)"|text_(?:line|area)\("([a-z_]+)"', path.read_text(encoding="utf-8"))
        for name in name
        if name
    }
)
SECONDS_MOST = 5
NOT_SET_UP = "/admin/failover"
"""This installation has no desk for switches, and says so in words (503)."""

OURSELVES = {"/admin/sign-out", "/admin/sign-in"}
"""Whoever signs out in the middle asks the rest as nobody."""

pytestmark = pytest.mark.slow

few = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class Described:
    """An application that also says at /openapi.json what can be asked of it."""

    def __init__(self, app: FastAPI, **headers: str) -> None:
        self._app: ASGIApp = app
        self.headers = headers
        with warnings.catch_warnings(action="ignore"):  # GET and HEAD of one handler share a name
            self._description = get_openapi(title="Porchlight", version="1", routes=app.routes)
        form = {"type": "object", "properties": {name: {"type": "string"} for name in FIELDS}}
        for methods in self._description["paths"].values():
            methods.pop("head", None)
            for name in methods.keys() & {"post", "put", "patch", "delete"}:
                methods[name].setdefault("requestBody", {"content": {FORM: {"schema": form}}})
        for path in OURSELVES & self._description["paths"].keys():
            del self._description["paths"][path]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/openapi.json":
            await JSONResponse(self._description)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


@pytest.fixture
def database(sqlite_url):
    opened = Database.open(sqlite_url)
    yield opened
    opened.close()


def check(case, described: Described) -> None:
    """Send one request as the person or program that it comes from."""
    began = time.monotonic()
    answer = case.call(headers=described.headers)
    is_not_set_up = answer.status_code == 503 and case.path.startswith(NOT_SET_UP)
    assert answer.status_code < 500 or is_not_set_up, (
        f"{case.method} {case.path}: {answer.status_code} {answer.content[:99]!r}"
    )
    assert b"Traceback (most recent call last)" not in answer.content
    assert time.monotonic() - began < SECONDS_MOST


@pytest.fixture
def of_console(database):
    console = Console(database)
    console.hire("ada@mls.example", Role.ADMINISTRATOR)
    browser = console.signed_in("ada@mls.example")
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return Described(console.app, Host=HOST, Cookie=cookies, **{"Sec-Fetch-Site": "same-origin"})


@pytest.fixture
def of_hooks(database):
    return Described(build_hooks(HookParts(database, VAULT, SITE, twilio_auth_token="t", clock=lambda: NOW)))


@pytest.fixture
def of_sign_up(database):
    Console(database)
    parts = SignUpParts(database, Links(VAULT, SITE), lambda: NOW, SignUpLimits())
    return Described(build_sign_up(parts, secure=False), **{"Sec-Fetch-Site": "same-origin"})


def fuzz(described: Described) -> int:
    """Send requests of every kind to every route; the number of routes."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", described)
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:

        @few
        @given(case=operation.as_strategy())
        def send(case: schemathesis.Case) -> None:
            check(case, described)

        send()
    return len(operations)


def test_the_console_has_no_fault_to_find(of_console):
    assert fuzz(of_console) > 50


def test_the_hooks_have_no_fault_to_find(of_hooks):
    assert fuzz(of_hooks) >= 3


def test_the_sign_up_has_no_fault_to_find(of_sign_up):
    assert fuzz(of_sign_up) >= 5


def test_it_knows_the_fields_of_the_forms():
    assert {"what_happened", "address", "email", "password"} <= set(FIELDS)
