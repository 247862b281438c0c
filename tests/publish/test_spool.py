"""Posts that wait for the database (continuity.md, "Break-glass")."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.audit import CLOCK
from app.domain.incidents import IncidentStatus, UpdateDraft
from app.domain.spooled_posts import new_post
from app.publish.spool import Spool

AT = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


def post(key: str, at: datetime = AT):
    return replace(new_post(at, CLOCK, UpdateDraft(IncidentStatus.INVESTIGATING), title="Down"), key=key)


@pytest.mark.parametrize("step", [timedelta(0), timedelta(minutes=-30), timedelta(minutes=1)])
def test_posts_wait_in_the_order_in_which_they_were_said_whatever_the_clock_did(spool, step):
    keys = ["ff", "aa", "cc", "bb"]
    for number, key in enumerate(keys):
        spool.put(post(key, AT + number * step))
    assert [each.key for each in spool.waiting()] == keys


def test_a_post_that_was_set_aside_waits_no_more_but_its_file_stays(spool, tmp_path):
    spool.put(post("aa"))
    spool.put(post("bb"))
    spool.set_aside(post("aa"))
    spool.take_off(post("bb"))
    assert (spool.waiting(), spool.has("aa"), spool.has("bb")) == ([], False, False)
    assert [path.name for path in (tmp_path / "spool" / "refused").iterdir()] == ["20260405T025000000000-aa.json"]
