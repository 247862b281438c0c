"""Twilio for the tests: a small stateful fake, and Twilio's own description of its API before it.

Nobody here wrote the judge: the OpenAPI file that ships with Twilio's command line, served by
Stoplight Prism as a validating proxy. What Twilio would refuse as malformed, Prism refuses; what the
fake answers wrongly, Prism reports as well.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from uuid import uuid4

from aiohttp import encode_basic_auth, web

from tests.doubles.nodetools import installed, node
from tests.doubles.serving import free_port, running, serving

ACCOUNT = "AC" + "a" * 32
TOKEN = "a-token-of-the-tests"
NUMBER = "+12025550150"

_OPENAPI = "@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"
_PRISM = "@stoplight/prism-cli/dist/index.js"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the fake treats the texts to one number.

    `accepts`: the text is taken and logged. Then it answers: with `status` (and `code`, Twilio's own)
    when that is set, otherwise with the message; after `delay` seconds; not at all when `drops`; byte
    by byte when `drips`; with `body` instead of what is right when that is set.
    """

    accepts: bool = True
    status: int = 0
    code: int = 0
    delay: float = 0.0
    drops: bool = False
    drips: bool = False
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def refusing(code: int, status: int = 400, **headers: str) -> Behaviour:
    """Refuse with one of Twilio's error codes; header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Behaviour(accepts=False, status=status, code=code, headers=named)


class FakeTwilio:
    """Takes messages and calls, keeps a log of them, and lists them. `requests` are the forms as they came."""

    def __init__(self) -> None:
        self.messages: list[dict[str, object]] = []
        self.calls: list[dict[str, object]] = []
        self.requests: list[dict[str, str]] = []
        self.behaviours: dict[str, Behaviour] = {}
        self.is_down = False

    def to(self, number: str) -> list[dict[str, object]]:
        """The texts that this number was sent."""
        return [message for message in self.messages if message["to"] == number]

    def application(self) -> web.Application:
        """The fake as an application to serve."""
        app = web.Application()
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        account = f"/2010-04-01/Accounts/{ACCOUNT}.json"
        calls = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
        app.add_routes([web.post(path, self._create), web.get(path, self._list), web.get(account, self._account)])
        app.add_routes([web.post(calls, self._create), web.get(calls, self._list)])
        return app

    async def _create(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.requests.append(form)
        if not _is_signed_in(request):
            return _error(401, 20003)
        behaviour = self.behaviours.get(form["To"], Behaviour())
        take = self._dial if request.path.endswith("/Calls.json") else self._take
        message = take(form) if behaviour.accepts else {}
        await asyncio.sleep(behaviour.delay)
        return await _answer(request, behaviour, message)

    async def _account(self, request: web.Request) -> web.StreamResponse:
        if not _is_signed_in(request):
            return _error(401, 20003)
        now = format_datetime(datetime.now(UTC))
        return web.json_response({
            "auth_token": TOKEN, "date_created": now, "date_updated": now, "friendly_name": "The tests",
            "owner_account_sid": ACCOUNT, "sid": ACCOUNT, "status": "active", "subresource_uris": {}, "type": "Full",
            "uri": str(request.rel_url),
        })  # fmt: skip

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if not _is_signed_in(request):
            return _error(401, 20003)
        if self.is_down:
            return _error(503, 20503)
        kind = "calls" if request.path.endswith("/Calls.json") else "messages"
        logged = self.calls if kind == "calls" else self.messages
        to_it = [item for item in logged if item["to"] == request.query["To"]]
        found = to_it[::-1][: int(request.query.get("PageSize", "50"))]
        address = str(request.url)
        return web.json_response({
            kind: found, "end": len(found), "start": 0, "page": 0, "page_size": 50,
            "uri": address, "first_page_uri": address, "next_page_uri": None, "previous_page_uri": None,
        })  # fmt: skip

    def _take(self, form: Mapping[str, str]) -> dict[str, object]:
        sid, now = f"SM{uuid4().hex}", format_datetime(datetime.now(UTC))
        uri = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}"
        message: dict[str, object] = {
            "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": form["Body"], "date_created": now,
            "date_sent": None, "date_updated": now, "direction": "outbound-api", "error_code": None,
            "error_message": None, "from": form.get("From"), "messaging_service_sid": form.get("MessagingServiceSid"),
            "num_media": "0", "num_segments": "1", "price": None, "price_unit": "USD", "sid": sid,
            "status": "queued", "subresource_uris": {"media": f"{uri}/Media.json"}, "to": form["To"],
            "uri": f"{uri}.json",
        }  # fmt: skip
        self.messages.append(message)
        return message

    def _dial(self, form: Mapping[str, str]) -> dict[str, object]:
        sid, now = f"CA{uuid4().hex}", format_datetime(datetime.now(UTC))
        uri = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}"
        parts = ("Events", "Notifications", "Payments", "Recordings", "Siprec", "Streams", "Transcriptions")
        nothing = (
            "annotation", "answered_by", "caller_name", "duration", "end_time", "forwarded_from", "group_sid",
            "parent_call_sid", "price", "start_time", "trunk_sid",
        )  # fmt: skip
        call: dict[str, object] = dict.fromkeys(nothing) | {
            "account_sid": ACCOUNT, "api_version": "2010-04-01", "date_created": now, "date_updated": now,
            "direction": "outbound-api", "from": form["From"], "from_formatted": form["From"],
            "phone_number_sid": "PN" + "a" * 32, "price_unit": "USD", "queue_time": "0", "sid": sid, "status": "queued",
            "subresource_uris": {part.lower(): f"{uri}/{part}.json" for part in parts}, "to": form["To"],
            "to_formatted": form["To"], "uri": f"{uri}.json",
        }  # fmt: skip
        self.calls.append(call | {"twiml": form["Twiml"]})
        return call


def _is_signed_in(request: web.Request) -> bool:
    given = request.headers.get("Authorization", "")
    return given == encode_basic_auth(ACCOUNT, TOKEN)


def _error(status: int, code: int, headers: Mapping[str, str] | None = None) -> web.Response:
    words = {"code": code, "message": f"Twilio says {code}", "more_info": "", "status": status}
    return web.json_response(words, status=status, headers=headers)


async def _answer(request: web.Request, behaviour: Behaviour, message: Mapping[str, object]) -> web.StreamResponse:
    if behaviour.drops and request.transport:
        request.transport.abort()
    if behaviour.status:
        return _error(behaviour.status, behaviour.code, behaviour.headers)
    body = (behaviour.body or json.dumps(message)).encode()
    if behaviour.drips:
        return await _drip(request, body)
    return web.Response(body=body, status=201, content_type="application/json")


async def _drip(request: web.Request, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(status=201, headers={"Content-Type": "application/json"})
    with suppress(ConnectionError):  # the client lost its patience
        await response.prepare(request)
        for byte in body:
            await response.write(bytes([byte]))
            await asyncio.sleep(0.1)
    return response


@contextmanager
def fake_twilio(port: int = 0, *, host: str = "127.0.0.1") -> Iterator[tuple[FakeTwilio, str]]:
    """The fake, and the address that the SDK is to be given."""
    fake = FakeTwilio()
    with serving(fake.application(), port, host=host) as chosen:
        yield fake, f"http://{host}:{chosen}"


@contextmanager
def validated_twilio() -> Iterator[tuple[FakeTwilio, str]]:
    """The fake behind Prism, which answers 422 to what Twilio's own description forbids."""
    openapi, prism = installed("@twilio/cli-core", _OPENAPI), installed("@stoplight/prism-cli", _PRISM)
    port = free_port()
    with fake_twilio() as (fake, upstream):
        command = [node(), prism, "proxy", openapi, upstream, "--errors", "--host", "127.0.0.1", "--port", port]
        with running(command, port):
            yield fake, f"http://127.0.0.1:{port}"
