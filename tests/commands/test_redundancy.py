"""A backup is not redundancy: two dated proofs, and neither is believed for ever (R57)."""

from datetime import UTC, datetime, timedelta

import pytest

from app.commands.redundancy import note_test
from app.domain.errors import RefusedError
from app.domain.redundancy import PROOF_HOLDS, Safeguard, Standing, is_safe, standing_of
from app.store.components import live_components
from app.store.redundancy import newest_tests
from app.store.session import Database
from tests.commands.world import build

NOW = datetime(2026, 4, 5, 18, tzinfo=UTC)
TODAY = NOW.date()


def test_r57_untested_and_aged_safeguards_are_red_and_one_does_not_stand_for_the_other(database: Database) -> None:
    with database.transaction() as session:
        build(session)
        note_test(session, "forms", Safeguard.COPY, TODAY, "Read back 40 forms", today=TODAY, now=NOW)
    with database.read() as session:
        tests = newest_tests(session, list(live_components(session)))
    assert "lockboxes" not in tests
    forms = tests["forms"]
    assert standing_of(forms.get(Safeguard.STAND_IN), TODAY) is Standing.UNTESTED
    assert standing_of(forms[Safeguard.COPY], TODAY + PROOF_HOLDS) is Standing.PROVED
    assert standing_of(forms[Safeguard.COPY], TODAY + PROOF_HOLDS + timedelta(days=1)) is Standing.AGED
    assert not is_safe(forms, TODAY)


def test_r57_the_newest_test_counts_in_whatever_order_they_are_noted(database: Database) -> None:
    with database.transaction() as session:
        build(session)
        for days in (3, 30, 9):
            on = TODAY - timedelta(days=days)
            note_test(session, "forms", Safeguard.STAND_IN, on, f"{days}", today=TODAY, now=NOW)
        test = newest_tests(session, list(live_components(session)))["forms"][Safeguard.STAND_IN]
    assert test.words == "3"


def test_a_test_that_is_still_to_come_proves_nothing(database: Database) -> None:
    with database.transaction() as session:
        build(session)
        with pytest.raises(RefusedError, match="once it was done"):
            note_test(session, "forms", Safeguard.COPY, TODAY + timedelta(days=1), "", today=TODAY, now=NOW)
