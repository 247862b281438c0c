"""The organisation: made once, edited with care, refused in words."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from app.commands.organisation import OrganisationDraft, save_organisation
from app.domain.errors import RefusedError
from app.domain.promises import Day
from app.store.organisation import organisation_row, the_organisation
from app.store.outbox import unpublished
from app.store.session import Database
from tests.commands.world import NOW

DRAFT = OrganisationDraft(
    name="Harbor & Pines MLS",
    short_name="HPMLS",
    day=Day("America/Chicago", time(7, 30), time(12), time(16, 45)),
    also_show_time_zone="America/New_York",
    help_desk_phone="+1 202-555-0142",
    details={"offices": 642},
)


def test_it_is_created_and_read_back(database: Database) -> None:
    with database.transaction() as session:
        made = save_organisation(session, DRAFT, now=NOW)
    with database.read() as session:
        assert the_organisation(session) == made
        row = organisation_row(session)
    assert (made.name, made.day, made.also_show_time_zone) == (DRAFT.name, DRAFT.day, DRAFT.also_show_time_zone)
    assert row is not None
    assert row.details == {"offices": 642}
    assert len(made.id) == 12


def test_saving_it_unchanged_writes_nothing(database: Database) -> None:
    with database.transaction() as session:
        save_organisation(session, DRAFT, now=NOW)
    with database.transaction() as session:
        save_organisation(session, DRAFT, now=NOW + timedelta(days=1))
        row = organisation_row(session)
        assert row is not None
        assert (row.version, row.updated_at) == (1, NOW)
        assert [event.name for event in unpublished(session)] == ["organisation_changed"]


def test_an_edit_keeps_the_page_id(database: Database) -> None:
    with database.transaction() as session:
        before = save_organisation(session, DRAFT, now=NOW)
        after = save_organisation(session, replace(DRAFT, short_name="H&P"), now=NOW + timedelta(days=1))
    assert (after.id, after.short_name) == (before.id, "H&P")
    assert after.updated_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (replace(DRAFT, name=" "), "name"),
        (replace(DRAFT, short_name=""), "short_name"),
        (replace(DRAFT, day=Day("Mars/Olympus")), "time_zone"),
        (replace(DRAFT, also_show_time_zone="../etc/passwd"), "also_show_time_zone"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(database: Database, draft: OrganisationDraft, field: str) -> None:
    with pytest.raises(RefusedError) as refused, database.transaction() as session:
        save_organisation(session, draft, now=NOW)
    assert list(refused.value.problems) == [field]
    with database.read() as session:
        assert organisation_row(session) is None
