"""Messages of SNS as somebody else signs them: moto publishes one, and our check reads it.

Moto signs by SHA-256 alone and leaves the subject out of what it signs. Version 1 (SHA-1) and
subjects, which the real SNS sends, are signed by tests/web/test_hooks.py itself.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from app.domain.errors import NotAllowedError
from app.web.sns import SnsMessages
from tests.doubles.aws import aws, client
from tests.doubles.serving import serving

EVENT = {"eventType": "Delivery", "mail": {"tags": {"delivery": ["41"]}}}


@pytest.fixture
def published(monkeypatch) -> Iterator[tuple[str, bytes]]:
    """What moto posts to a subscriber of a topic: the topic, and the body."""
    bodies: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks/ses", take)
    with serving(app) as port, aws(monkeypatch) as address, client("sns", address) as sns:
        topic = sns.create_topic(Name="mail-events")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{port}/hooks/ses")
        sns.publish(TopicArn=topic, Message=json.dumps(EVENT))
        yield topic, bodies[-1]


def certificate(url: str) -> bytes:
    """The certificate that moto keeps under this address; its server does not answer under Amazon's name."""
    return sns_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]._message_public_keys[url.rpartition("/")[2]]


def test_a_message_that_moto_signs_is_read_and_none_that_was_changed_on_the_way(published):
    topic, body = published
    messages, now = SnsMessages(frozenset({topic}), certificate), datetime.now(UTC)
    assert json.loads(messages.read(body, now)["Message"]) == EVENT
    changed = body.replace(b"Delivery", b"Complaint")
    assert changed != body
    with pytest.raises(NotAllowedError):
        messages.read(changed, now)
