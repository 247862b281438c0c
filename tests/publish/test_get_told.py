"""The front page offers only the channels that this installation can send by."""

from dataclasses import replace

import pytest

from app.domain.channels import ALL_CHANNELS, Channel
from app.publish.pages import page_parts
from tests.publish.snapshots import QUIET, demo_snapshot

HOOKS = {Channel.WEBHOOK, Channel.SLACK, Channel.TEAMS, Channel.STATUSPAGE}


@pytest.mark.parametrize(
    ("able", "english", "spanish"),
    [
        (ALL_CHANNELS, "By text or email", "Por mensaje de texto o correo"),
        (HOOKS | {Channel.SMS}, "By text", "Por mensaje de texto"),
        (HOOKS | {Channel.EMAIL}, "By email", "Por correo"),
        (HOOKS, "In a chat or a program", "En un chat o un programa"),
    ],
)
def test_it_offers_what_can_be_sent_and_nothing_else(able, english, spanish):
    snapshot = replace(demo_snapshot(at=QUIET), channels=frozenset(able))
    pages = {part.path: part for part in page_parts(snapshot) if part.path in ("/", "/es/")}
    for path, words in (("/", english), ("/es/", spanish)):
        assert f">{words}</a>" in pages[path].source().body.decode()
