"""Saving one's own words: versions, refusals, and going back."""

from datetime import timedelta

import pytest

from app.commands.message_templates import drop_message_template, save_message_template
from app.domain.channels import Channel
from app.domain.errors import RefusedError, StaleVersionError
from app.domain.message_templates import MessageEvent
from app.store.message_templates import template_versions, written_templates
from app.store.session import Database
from tests.commands.world import NOW, build

WHICH = (Channel.SMS, MessageEvent.UPDATE, "en")
KEY = ("sms", "update", "en")


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
    return database


def save(database: Database, text: str, *, version: int = 0, now=NOW, which=WHICH) -> int:
    with database.transaction() as session:
        return save_message_template(
            session, *which, {"text": text}, segments=lambda text: len(text) // 161 + 1, now=now, version=version
        )


def test_it_keeps_every_version_and_knows_which_held_when(world):
    first = save(world, "{who}: one")
    second = save(world, "{who}: two", version=first, now=NOW + timedelta(minutes=5))
    assert second > first
    with world.read() as session:
        assert written_templates(session)[KEY] == {"text": "{who}: two"}
        assert written_templates(session, at=NOW + timedelta(minutes=4))[KEY] == {"text": "{who}: one"}
        assert written_templates(session, at=NOW - timedelta(seconds=1)) == {}
        assert [row.id for row in template_versions(session, *KEY)] == [second, first]


def test_it_goes_back_to_the_words_of_the_program(world):
    version = save(world, "{who}: one")
    with world.transaction() as session:
        drop_message_template(session, *WHICH, now=NOW + timedelta(minutes=1), version=version)
    with world.read() as session:
        assert written_templates(session) == {}


def test_it_refuses_to_overwrite_what_somebody_else_saved(world):
    version = save(world, "{who}: one")
    with pytest.raises(StaleVersionError) as caught:
        save(world, "{who}: two")
    assert caught.value.current == version


def test_it_refuses_words_that_cannot_be_sent_and_a_language_that_nobody_reads(world):
    with pytest.raises(RefusedError, match="slot"):
        save(world, "{whom}: one")
    with pytest.raises(RefusedError, match="language"):
        save(world, "{who}: eins", which=(Channel.SMS, MessageEvent.UPDATE, "de"))
    with world.read() as session:
        assert written_templates(session) == {}
