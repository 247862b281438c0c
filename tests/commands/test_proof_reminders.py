"""A direct link that nobody tried for long is reminded of, once (R32)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from app.commands.accounts import add_account
from app.commands.components import save_direct_link
from app.commands.proof_reminders import remind_of_proofs
from app.domain.accounts import Role
from app.store.components import live_components
from app.store.organisation import organisation_row
from app.store.staff_messages import StaffMessageRow
from tests.commands.world import NOW, build

TODAY = date(2026, 4, 4)


@pytest.fixture
def world(database):
    with database.transaction() as session:
        build(session)
        add_account(session, "ines@mls.example", "Ines Okafor", Role.SERVICE_MANAGER, "gravel otter teapot", now=NOW)
    return database


def proved(world, days):
    """The forms' link, proved so many days ago."""
    with world.transaction() as session:
        forms = next(item for item in live_components(session) if item.slug == "forms")
        save_direct_link(
            session, "forms", replace(forms.direct_link, verified_on=TODAY - timedelta(days=days)), now=NOW
        )


def reminded(world):
    """Whom the clock reminds of now."""
    with world.transaction() as session:
        return [item.slug for item in remind_of_proofs(session, now=NOW)]


def test_it_reminds_once_of_a_link_that_was_never_proved(world):
    assert [reminded(world), reminded(world)] == [["forms"], []]
    with world.read() as session:
        (message,) = session.exec(select(StaffMessageRow))
    assert "Contract forms, never proved: https://forms.example" in message.text


def test_it_reminds_again_after_another_proof_has_aged(world):
    proved(world, 61)
    assert [reminded(world), reminded(world)] == [["forms"], []]
    proved(world, 0)
    assert reminded(world) == []
    proved(world, 61)
    assert reminded(world) == ["forms"]


def test_it_waits_as_long_as_the_organisation_says(world):
    proved(world, 61)
    with world.transaction() as session:
        organisation_row(session).prove_within_days = 90
    assert reminded(world) == []


def test_it_reminds_of_nothing_before_there_is_an_organisation(database):
    with database.transaction() as session:
        assert remind_of_proofs(session, now=NOW) == []
