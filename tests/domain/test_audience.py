"""Who hears about what: the audience follows the graph, and hears the end of what it heard begin."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.domain.audience import touched_components
from app.domain.components import AuthMode, Component, ComponentStatus, DirectLink

NOW = datetime(2026, 4, 5, tzinfo=UTC)
DOWN, SLOW, FINE = ComponentStatus.MAJOR_OUTAGE, ComponentStatus.DEGRADED_PERFORMANCE, ComponentStatus.OPERATIONAL


def component(slug: str, **fields: object) -> Component:
    return Component(id=slug, slug=slug, name=slug, position=0, created_at=NOW, updated_at=NOW, **fields)  # type: ignore[arg-type]


DASHBOARD = component("dashboard")
CODES = component("codes", requires=("dashboard",))
FORMS = component(
    "forms", reached_via=("dashboard",), direct_link=DirectLink("https://forms.example", AuthMode.OWN_PASSWORD)
)
TAX = component("tax", reached_via=("dashboard", "forms"))
LOCKBOXES = component("lockboxes")
FEED = component("feed", reached_via=("dashboard",), unattended=True)
ALL = (DASHBOARD, CODES, FORMS, TAX, LOCKBOXES, FEED)


def test_a_shut_door_concerns_whatever_lies_behind_it():
    assert touched_components(ALL, {"dashboard": DOWN}) == {"dashboard", "codes", "forms", "tax"}


def test_a_slow_door_concerns_only_those_who_asked_about_it():
    assert touched_components(ALL, {"dashboard": SLOW}) == {"dashboard"}


def test_a_part_that_fails_alone_concerns_nobody_else():
    assert touched_components(ALL, {"lockboxes": DOWN}) == {"lockboxes"}


def test_what_is_down_already_changes_nothing_about_whom_the_news_concerns():
    rows_say_so_too = (component("dashboard", status=DOWN), *ALL[1:])
    assert touched_components(rows_say_so_too, {"dashboard": DOWN}) == touched_components(ALL, {"dashboard": DOWN})


def test_unknown_components_concern_nobody():
    assert touched_components(ALL, {"gone": DOWN}) == set()


def test_another_outage_is_not_told_again_with_this_one():
    """The forms are down of themselves: that the dashboard shuts too does not change what members can do there."""
    listed = (DASHBOARD, CODES, component("forms", reached_via=("dashboard",), status=DOWN), LOCKBOXES)
    assert touched_components(listed, {"dashboard": DOWN}) == {"dashboard", "codes"}


@given(st.dictionaries(st.sampled_from([item.slug for item in ALL]), st.sampled_from(ComponentStatus)))
def test_what_the_news_names_is_always_concerned(changed: dict[str, ComponentStatus]):
    assert changed.keys() <= touched_components(ALL, changed)


@given(st.sets(st.sampled_from([item.slug for item in ALL])))
def test_more_trouble_never_concerns_fewer(down: set[str]):
    for slug in down:
        fewer = touched_components(ALL, dict.fromkeys(down - {slug}, DOWN))
        assert fewer <= touched_components(ALL, dict.fromkeys(down, DOWN))
