"""Amazon SES v2 for the tests: `aws-ses-v2-local` from npm, and a fake that says what that one cannot.

The package keeps and shows what it was sent, but answers SUCCESS to all that looks like an address
and drops headers and tags; throttling, suspension and lost connections are the fake's part.

package.json holds its mailparser at 3.7.3: the newest one asks for a release that does not exist.
"""

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.doubles.nodetools import installed, node
from tests.doubles.serving import free_port, running, serving

_PROGRAM = "aws-ses-v2-local/dist/cli.js"


def environment(url: str) -> dict[str, str]:
    """What boto3 reads to find a double instead of Amazon."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def local_ses() -> Iterator[str]:
    """The address of aws-ses-v2-local; skips where it is not installed."""
    program, port = installed("aws-ses-v2-local", _PROGRAM), free_port()
    with running([node(), program, "--host", "127.0.0.1", "--port", port], port):
        yield f"http://127.0.0.1:{port}"


def kept(url: str) -> list[dict[str, Any]]:
    """The mails that aws-ses-v2-local was sent, oldest first."""
    with urllib.request.urlopen(f"{url}/store", timeout=10) as answer:  # noqa: S310 - our own double
        return json.loads(answer.read())["emails"]


@dataclass(slots=True)
class FakeSes:
    """Answers SendBulkEmail as told.

    `statuses` by address are those of single entries, SUCCESS where nothing is said. `status` and
    `error` refuse the whole call while `refuses` is true of it.
    """

    calls: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)
    status: int = 200
    error: str = ""
    only_with: str = ""
    delay: float = 0.0
    drops: bool = False

    async def answer(self, request: web.Request) -> web.Response:
        """One call of SendBulkEmail."""
        call = await request.json()
        self.calls.append(call)
        addresses = [entry["Destination"]["ToAddresses"][0] for entry in call["BulkEmailEntries"]]
        await asyncio.sleep(self.delay)
        if self.drops and request.transport:
            request.transport.abort()
        if self.status != 200 and (not self.only_with or self.only_with in addresses):
            headers = {"x-amzn-ErrorType": self.error}
            return web.json_response({"message": f"SES says {self.error}"}, status=self.status, headers=headers)
        return web.json_response({"BulkEmailEntryResults": [self._result(address) for address in addresses]})

    async def account(self, request: web.Request) -> web.Response:
        """One call of GetAccount."""
        quota = {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}
        return web.json_response({"SendQuota": quota, "SendingEnabled": True, "ProductionAccessEnabled": True})

    def _result(self, address: str) -> dict[str, str]:
        status = self.statuses.get(address, "SUCCESS")
        return {"Status": status, "MessageId": f"id-{address}"} if status == "SUCCESS" else {"Status": status}


@contextmanager
def fake_ses() -> Iterator[tuple[FakeSes, str]]:
    """The fake, and its address."""
    fake, app = FakeSes(), web.Application()
    app.add_routes(
        [web.post("/v2/email/outbound-bulk-emails", fake.answer), web.get("/v2/email/account", fake.account)]
    )
    with serving(app) as port:
        yield fake, f"http://127.0.0.1:{port}"
