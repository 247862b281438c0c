"""One form, once: what is posted stands on the page and leaves by every channel, and all of it says the same (R27)."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.domain.channels import Channel
from app.publish.feeds import feed_parts
from app.publish.freeze import Freezer
from app.publish.letters import Composer
from app.publish.message_slots import facts_of
from app.publish.messages import message_of
from app.publish.pages import page_parts
from app.publish.previews import social_text
from app.publish.speech import phone_script
from app.publish.statuspage import statuspage_parts
from app.store.notices import the_notice
from app.store.signed_links import Links
from app.store.subscribers import SubscriptionRow
from notifiers.base import Notice
from tests.commands.sign_ups import VAULT
from tests.deliver.desk import Desk, Script
from tests.deliver.world import deliveries, now, prepare, say, subscribe
from tests.publish.snapshots import rendered

PUBLIC_URL = "https://status.example"
EACH = 2
DOCUMENTS = ("/", "/updates.atom", "/updates.rss", "/api/v2/summary.json")


def send_to_everybody(database, next_update_at: datetime) -> tuple[int, dict[str, list[Notice]]]:
    """Post once, to so many subscribers of each channel; the notice, and what the providers took by channel."""
    prepare(database)
    with database.transaction() as session:
        for channel in Channel:
            subscribe(session, EACH, channel)
        for row in session.execute(sa.select(SubscriptionRow)).scalars():
            row.address_cipher = VAULT.seal(row.address_cipher.decode())
    _, notice_id = say(database, next_update_at=next_update_at)
    scripts = {channel.value: Script(channel.value) for channel in Channel}

    def snapshot():
        with database.read() as session:
            return Freezer(PUBLIC_URL).freeze(session, now())

    desk = Desk(database, scripts, compose=Composer(snapshot, Links(VAULT, PUBLIC_URL)))
    desk.sending.start()
    desk.send(notice_id)
    desk.sending.hush()
    desk.sending.stop()
    return notice_id, {name: script.taken for name, script in scripts.items()}


def on_the_page(database, notice_id: int) -> dict[str, str]:
    """What stands on the page, in the feeds, on the telephone and ready to be copied, by name."""
    with database.read() as session:
        snapshot = Freezer(PUBLIC_URL).freeze(session, now())
        content = the_notice(session, notice_id).content
    sources = [*rendered(page_parts, snapshot), *rendered(feed_parts, snapshot), *rendered(statuspage_parts, snapshot)]
    said = {source.path: source.body.decode() for source in sources if source.path in DOCUMENTS}
    assert set(said) == set(DOCUMENTS)
    mail = message_of(content, snapshot, Channel.EMAIL, "en")
    return said | {
        "phone": " ".join(phone_script(snapshot, "en")),
        "social": social_text(facts_of(content, snapshot, "en"), mail),
    }


def test_r27_one_post_reaches_the_page_and_every_channel_with_the_same_facts(database):
    promised = (now() + timedelta(hours=1)).replace(minute=30, second=0, microsecond=0)
    notice_id, taken = send_to_everybody(database, promised)
    rows = deliveries(database, notice_id)
    assert {channel: sum(row.channel == channel for row in rows) for channel in Channel} == dict.fromkeys(Channel, EACH)
    assert {name: len(notices) for name, notices in taken.items()} == {channel.value: EACH for channel in Channel}
    said = {name: f"{one.subject} {one.text} {json.dumps(one.payload)}" for name, (one, _) in taken.items()}
    said |= on_the_page(database, notice_id)
    hour = promised.astimezone(ZoneInfo("America/Chicago")).strftime("%-I")
    ways_to_say_it = (f"{hour}:30", f"{hour} 30", f"{promised:%Y-%m-%dT%H:%M}")
    assert [name for name, words in said.items() if "dashboard" not in words.casefold()] == []
    assert [name for name, words in said.items() if not any(way in words for way in ways_to_say_it)] == []
