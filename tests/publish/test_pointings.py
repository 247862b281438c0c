"""What members read while a name of the MLS is on its way: until when some do not see it, in both languages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.failover import Pointing, Side
from app.publish.clock import next_change_at
from app.publish.language import Language
from app.publish.pages import page_parts
from app.publish.pointings import pointing_lines
from tests.publish.snapshots import demo_snapshot, rendered

NAME = "dashboard.hpmls.example"


def moving(to=Side.FAILOVER, **left):
    snapshot = demo_snapshot()
    return replace(snapshot, pointings=(Pointing(NAME, to, snapshot.as_of + timedelta(**left)),))


def front(snapshot, path="/"):
    return next(source.body.decode() for source in rendered(page_parts, snapshot) if source.path == path)


def test_the_front_page_says_until_when_some_see_the_old_page():
    snapshot = moving(minutes=5)
    (line,) = pointing_lines(snapshot, Language("en", snapshot.organisation.zone))
    assert line.startswith(f"{NAME} leads to this page for now. Some members may still see the old page until ")
    assert line in front(snapshot)
    assert f"{NAME} lleva por ahora a esta página." in front(snapshot, "/es/")


def test_the_front_page_says_the_same_on_the_way_back():
    assert f"{NAME} leads to its usual place again." in front(moving(Side.NORMAL, minutes=5))


@pytest.mark.parametrize("seconds", [0, -60])
def test_it_says_nothing_once_nobody_can_hold_the_old_answer(seconds):
    assert NAME not in front(moving(seconds=seconds))


def test_the_page_is_rendered_anew_when_the_estimate_has_passed():
    snapshot = moving(minutes=5)
    assert next_change_at(snapshot) == snapshot.as_of + timedelta(minutes=5, seconds=1)
