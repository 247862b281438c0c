"""The console over a small MLS, and a person at a browser who fills in the forms it shows."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from lxml import html
from sqlmodel import Session
from starlette.types import ASGIApp

from app.commands.accounts import add_account
from app.domain.accounts import Role
from app.store.session import Database
from app.web.console import build_console
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, build

PASSWORD = "gravel otter teapot"
TESS = "tess@mls.example"
HOST = "127.0.0.1"


@dataclass
class Time:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        """Let time pass, in the words of `timedelta`."""
        self.now += timedelta(**span)


class Browser:
    """Sends requests to an application in this process, with cookies of its own. It follows no redirect by itself."""

    def __init__(self, app: ASGIApp, base_url: str, *, address: str, headers: Mapping[str, str]) -> None:
        self._app = app
        self._base_url = base_url
        self._address = address
        self._headers = {"Sec-Fetch-Site": "same-origin"} | dict(headers)
        self.cookies = httpx.Cookies()

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask for a page."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Send a form."""
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send anything; header values of None leave a header out."""
        return asyncio.run(self._send(method, path, **options))

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str | None] | None = None, **options: Any
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=(self._address, 50000))
        sent = {name: value for name, value in (self._headers | dict(headers or {})).items() if value is not None}
        async with httpx.AsyncClient(transport=transport, base_url=self._base_url, cookies=self.cookies) as client:
            answer = await client.request(method, path, headers=sent, **options)
            self.cookies = client.cookies
        return answer


@dataclass
class Console:
    """A console over a database with the small MLS in it and one communications lead, Tess."""

    database: Database
    secure: bool = False
    time: Time = field(default_factory=Time)
    options: Mapping[str, Any] = field(default_factory=dict)
    host: str = HOST
    builder: Callable[[Session], None] = build

    def __post_init__(self) -> None:
        with self.database.transaction() as session:
            self.builder(session)
        self.hire(TESS, Role.COMMUNICATIONS_LEAD)
        self.app = build_console(
            self.database,
            vault=VAULT,
            clock=self.time,
            secure_cookies=self.secure,
            admin_hosts={self.host},
            **{"public_url": "https://status.mls.example"} | dict(self.options),
        )

    def hire(self, email: str, role: Role) -> None:
        """Give somebody an account."""
        with self.database.transaction() as session:
            add_account(session, email, "Tess Marchetti", role, PASSWORD, now=self.time())

    def browser(self, *, address: str = "192.0.2.7", **headers: str) -> Browser:
        """A browser on the network `address` in which nobody is signed in."""
        base_url = f"{'https' if self.secure else 'http'}://{self.host}"
        return Browser(self.app, base_url, address=address, headers=headers)

    def signed_in(self, email: str = TESS) -> Browser:
        """A browser in which that person is signed in."""
        browser = self.browser()
        answer = browser.post("/admin/sign-in", data={"email": email, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return browser


def the_form(page: str, action: str) -> dict[str, list[str]]:
    """What a browser would send if the form with that action were sent untouched."""
    form = next(form for form in html.fromstring(page).forms if form.action == action)
    sent: dict[str, list[str]] = {}
    texts = {field.name for field in form.xpath(".//textarea")}
    for name, value in form.form_values():
        # HTML drops one line end right after the opening tag, which lxml does not.
        sent.setdefault(name, []).append(value.removeprefix("\n") if name in texts else value)
    return sent


def text_of(page: str) -> str:
    """The words on a page, with single spaces."""
    return " ".join(" ".join(html.fromstring(page).itertext()).split())


def problems_on(page: str) -> dict[str, str]:
    """The sentence beside each field that was not accepted, by field."""
    found = html.fromstring(page).xpath("//p[@class='problem']")
    return {item.get("id").removesuffix("-problem"): " ".join(item.text_content().split()) for item in found}
