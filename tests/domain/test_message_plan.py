"""Who hears by what by when, and who has not heard for long (R25, R46)."""

from datetime import UTC, datetime, timedelta

from app.domain.message_plan import Audience, Medium, PlanItem, audience_states, usual_plan, with_updates
from app.domain.severity import Severity

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)
HOUR = timedelta(hours=1)


def item(audience: Audience, medium: Medium, done: float | None = None) -> PlanItem:
    return PlanItem("1", audience, medium, NOW, None if done is None else NOW + done * HOUR)


def quiet(
    items: list[PlanItem], hours: float, told: list[datetime] | None = None, ended: datetime | None = None
) -> set[str]:
    states = audience_states(items, told or [], NOW, ended, NOW + hours * HOUR)
    return {state.audience for state in states if state.is_quiet}


def test_an_audience_that_hears_nothing_for_three_hours_is_quiet() -> None:
    items = [item(Audience.BOARD, Medium.CALL, 1), item(Audience.OFFICES, Medium.MAIL)]
    assert quiet(items, 3) == set()
    assert quiet(items, 3.01) == {Audience.OFFICES}
    assert quiet(items, 4.01) == {Audience.OFFICES, Audience.BOARD}
    assert quiet(items, 9, ended=NOW) == set()


def test_words_to_members_count_for_them() -> None:
    items = [item(Audience.MEMBERS, Medium.PAGE)]
    assert quiet(items, 5, [NOW + 4 * HOUR]) == set()


def test_an_update_ticks_what_it_does_and_nothing_else() -> None:
    items = [item(Audience.MEMBERS, medium) for medium in (Medium.PAGE, Medium.NOTICE, Medium.SOCIAL)]
    ticked = with_updates(items, [NOW + HOUR, NOW + 2 * HOUR], [NOW + 2 * HOUR])
    assert [each.done_at for each in ticked] == [NOW + HOUR, NOW + 2 * HOUR, None]
    assert ticked[2].is_late(NOW + HOUR)


def test_wide_trouble_reaches_offices_associations_and_the_board() -> None:
    wide = {audience for audience, _, _ in usual_plan(Severity.CRITICAL, NOW)}
    narrow = {audience for audience, _, _ in usual_plan(Severity.LOW, NOW)}
    assert wide - narrow == {Audience.OFFICES, Audience.ASSOCIATIONS, Audience.BOARD}
