"""The sign-up application on a small MLS, a browser without a body, and a person who solves challenges."""

import asyncio
import base64
import json
import re
from datetime import datetime, timedelta

from altcha import Challenge, Payload, solve_challenge
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from app.deliver.confirmations import ConfirmationToSend, send_owed_confirmations
from app.domain.sign_ups import SignUpLimits
from app.store.session import Database
from app.store.signed_links import Links
from app.web.subscribe import SignUpParts, build_sign_up
from app.web.subscriptions import router
from tests.commands.sign_ups import VAULT
from tests.commands.world import build

SITE = "http://status.example"
OURS = {"sec-fetch-site": "same-origin"}


class Clock:
    """A clock that stands still until it is moved. It starts now, because challenges are checked by the real one."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)


class Client:
    """Sends requests to the application from one network address, as our own pages do; follows no redirect."""

    def __init__(self, app: FastAPI, address: str) -> None:
        self._app, self._address = app, address

    def request(self, method: str, path: str, headers: dict | None = None, **content) -> Response:
        async def send() -> Response:
            transport = ASGITransport(self._app, client=(self._address, 50_000))
            async with AsyncClient(transport=transport, base_url=SITE, headers=OURS) as client:
                return await client.request(method, path, headers=headers, **content)

        return asyncio.run(send())

    def get(self, path: str, **content) -> Response:
        return self.request("GET", path, **content)

    def head(self, path: str) -> Response:
        return self.request("HEAD", path)

    def post(self, path: str, **content) -> Response:
        return self.request("POST", path, **content)


class Site:
    """The application with its post-box: everything it would have sent."""

    def __init__(self, database: Database, clock: Clock, limits: SignUpLimits | None = None) -> None:
        with database.transaction() as session:
            build(session)
        self.database, self.clock = database, clock
        self.links = Links(VAULT, SITE)
        parts = SignUpParts(database, self.links, clock, limits or SignUpLimits())
        self.app: FastAPI = build_sign_up(parts, secure=False, more=[router])
        self.client = self.browser()
        self.post_box: list[ConfirmationToSend] = []

    def browser(self, address: str = "203.0.113.7") -> Client:
        return Client(self.app, address)

    def sign_up(
        self, address: str, *, client: Client | None = None, work: bool = True, path: str = "/subscribe", **fields
    ):
        client = client or self.client
        form = client.get(path).text
        posted = {"address": address, "programme": ["outages", "maintenance"], "opened": hidden_field(form, "opened")}
        if work:
            posted["altcha"] = solution(client)
        return client.post(path, data=posted | fields)

    def delivered(self) -> list[ConfirmationToSend]:
        """What is sent when the sender comes round."""
        before = len(self.post_box)
        send_owed_confirmations(self.database, self.links, self.post_box.append, now=self.clock())
        return self.post_box[before:]

    def subscribe(self, address: str, **fields) -> str:
        """Sign up and confirm by code; the path of the manage page."""
        ticket = self.sign_up(address, **fields).headers["location"].partition("to=")[2]
        code = self.delivered()[0].code
        answer = self.client.post("/subscribe/confirmation", data={"ticket": ticket, "code": code})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]


def hidden_field(html: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]


def solution(client: Client) -> str:
    challenge = client.get("/subscribe/challenge").json()
    solved = solve_challenge(Challenge.from_dict(challenge))
    payload = Payload(Challenge.from_dict(challenge), solved).to_dict()
    return base64.b64encode(json.dumps(payload).encode()).decode()
