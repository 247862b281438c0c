"""How bad an incident is at first sight: the weight of what fails, and the share of it that members have lost (R5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.components import ComponentStatus, Weight
from app.domain.composing import ELSE_WORKS, alone, has_way_round
from app.domain.severity import Severity, suggested_severity
from tests.domain.test_reach import DEMO, component, components_of

DOWN, PARTLY, SLOW = (
    ComponentStatus.MAJOR_OUTAGE,
    ComponentStatus.PARTIAL_OUTAGE,
    ComponentStatus.DEGRADED_PERFORMANCE,
)


def of(*parts: tuple[Weight, ComponentStatus]) -> Severity:
    """The severity suggested for components that hang on nothing."""
    return suggested_severity(
        [component(f"c{n}", weight=weight, status=state) for n, (weight, state) in enumerate(parts)]
    )


WELL = (Weight.USUAL, ComponentStatus.OPERATIONAL)


@pytest.mark.parametrize(
    ("failing", "well", "suggested"),
    [
        ((Weight.USUAL, DOWN), 1, Severity.CRITICAL),
        ((Weight.USUAL, DOWN), 9, Severity.HIGH),
        ((Weight.LIGHT, DOWN), 9, Severity.MEDIUM),
        ((Weight.HEAVY, DOWN), 2, Severity.CRITICAL),
        ((Weight.HEAVY, PARTLY), 2, Severity.HIGH),
        ((Weight.LIGHT, PARTLY), 2, Severity.MEDIUM),
        ((Weight.HEAVY, SLOW), 9, Severity.MEDIUM),
    ],
)
def test_r05_the_severity_follows_from_weight_and_share(failing, well: int, suggested: Severity) -> None:
    assert of(failing, *[WELL] * well) is suggested


def test_r05_the_dashboard_of_the_demo_is_widespread_because_of_what_hangs_on_it() -> None:
    assert suggested_severity(alone(components_of(DEMO), {"sso-dashboard": DOWN})) is Severity.CRITICAL
    assert suggested_severity(alone(components_of(DEMO), {"forms": DOWN})) is Severity.HIGH


@given(st.lists(st.tuples(st.sampled_from(Weight), st.sampled_from(ComponentStatus)), max_size=6))
def test_low_is_never_guessed_and_more_trouble_is_never_milder(parts) -> None:
    order = list(Severity)
    before = of(*parts)
    assert before is not Severity.LOW
    worse = [(weight, DOWN) for weight, _ in parts]
    assert order.index(of(*worse)) <= order.index(before)


@pytest.mark.parametrize(("said", "is_one"), [("", False), (f" {ELSE_WORKS}", False), ("Use the mobile app.", True)])
def test_that_the_rest_works_is_no_workaround(said: str, is_one: bool) -> None:
    assert has_way_round(said) is is_one
