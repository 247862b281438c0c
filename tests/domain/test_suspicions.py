"""Signs of trouble: what begins together is one suspicion."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.suspicions import TOGETHER, Sign, SignKind, Suspicion, home_of, is_cleared

NOW = datetime(2026, 4, 5, 2, 50, tzinfo=UTC)


def sign(ref: str, seconds: float = 0, slug: str | None = None) -> Sign:
    return Sign(SignKind.CHECK, ref, "does not answer", NOW + timedelta(seconds=seconds), slug or ref)


def taken_in(signs: list[Sign]) -> list[Suspicion]:
    """The suspicions that these signs make, one after the other."""
    made: list[Suspicion] = []
    for number, each in enumerate(signs):
        home = home_of(each, made)
        if home:
            made[made.index(home)] = Suspicion(home.id, home.number, home.opened_at, (*home.signs, each))
        else:
            made.append(Suspicion(str(number), number, each.began_at, (each,)))
    return made


@given(st.lists(st.integers(0, int(TOGETHER.total_seconds())), min_size=5, max_size=5))
def test_five_things_that_fall_together_are_one_suspicion(moments: list[int]) -> None:
    (only,) = taken_in([sign(str(number), at) for number, at in enumerate(sorted(moments))])
    assert only.slugs == only.check_ids == ("0", "1", "2", "3", "4")


def test_what_falls_much_later_is_another_matter() -> None:
    assert len(taken_in([sign("a"), sign("b", TOGETHER.total_seconds() + 1)])) == 2


def test_the_same_component_joins_however_late() -> None:
    assert len(taken_in([sign("a"), sign("b", 86_400, slug="a")])) == 1


def test_it_leaves_a_closed_suspicion_alone() -> None:
    closed = Suspicion("x", 1, NOW, (sign("a"),), closed_at=NOW)
    assert home_of(sign("a", 1), [closed]) is None


def test_it_is_cleared_when_the_last_sign_has_ended() -> None:
    ended = Sign(SignKind.CHECK, "a", "", NOW, "a", NOW)
    assert is_cleared([ended])
    assert not is_cleared([ended, sign("b")])
