"""The chain of the audit log as a pure rule: whatever happens to an entry shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.audit import (
    Actor,
    Entry,
    Head,
    Link,
    Means,
    Subject,
    changed,
    check_act,
    linked,
    masked,
    plain,
    verify,
)

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TESS = Actor("abc", "Tess Marchetti", Means.CONSOLE, "192.0.2.7")
Chain = list[tuple[Link, Entry]]


def entry(number: int) -> Entry:
    """One of many entries that all differ."""
    return Entry(AT + timedelta(minutes=number), TESS, "incident.updated", Subject("incident", f"i{number}"))


def chain_of(entries: list[Entry]) -> tuple[Chain, Head]:
    """The entries, linked, and where the chain ends."""
    head, made = Head(), []
    for each in entries:
        link = linked(head, each)
        made.append((link, each))
        head = Head(link.seq, link.hash)
    return made, head


@given(st.integers(0, 12))
def test_a_chain_that_nobody_touched_is_whole(length):
    chain, head = chain_of([entry(number) for number in range(length)])
    found = verify(chain, head, kept=head)
    assert found.is_whole
    assert (found.entries, found.head) == (length, head)


FORGERIES = {
    "at": AT - timedelta(days=1),
    "actor": replace(TESS, name="Somebody else"),
    "act": "incident.opened",
    "subject": Subject("incident", "another"),
    "before": {"status": "identified"},
    "after": {},
}


@given(st.data(), st.integers(1, 8), st.sampled_from(sorted(FORGERIES)))
def test_whatever_is_altered_shows_at_its_entry(data, length, field):
    chain, head = chain_of([entry(number) for number in range(length)])
    at = data.draw(st.integers(0, length - 1))
    chain[at] = (chain[at][0], replace(chain[at][1], **{field: FORGERIES[field]}))
    assert verify(chain, head).broken_at == at + 1


@given(st.data(), st.integers(1, 8))
def test_a_forger_who_mends_the_chain_behind_the_entry_is_caught_by_the_kept_head(data, length):
    entries = [entry(number) for number in range(length)]
    _, kept = chain_of(entries)
    at = data.draw(st.integers(0, length - 1))
    entries[at] = replace(entries[at], after={"forged": True})
    forged, head = chain_of(entries)
    assert verify(forged, head).is_whole
    assert verify(forged, head, kept).broken_at == length


@given(st.data(), st.integers(1, 8))
def test_a_missing_entry_shows(data, length):
    chain, head = chain_of([entry(number) for number in range(length)])
    at = data.draw(st.integers(0, length - 1))
    del chain[at]
    assert verify(chain, head).broken_at == at + 1


@given(st.data(), st.integers(2, 8))
def test_entries_that_changed_places_show_at_the_first_of_them(data, length):
    chain, head = chain_of([entry(number) for number in range(length)])
    one, other = sorted(data.draw(st.sets(st.integers(0, length - 1), min_size=2, max_size=2)))
    (link, mine), (other_link, others) = chain[one], chain[other]
    chain[one], chain[other] = (link, others), (other_link, mine)
    assert verify(chain, head).broken_at == one + 1


def test_a_cut_tail_shows_against_the_head_of_the_database_and_against_a_kept_one():
    chain, head = chain_of([entry(number) for number in range(5)])
    short, short_head = chain[:3], Head(3, chain[2][0].hash)
    assert verify(short, head).broken_at == 4
    assert verify(short, short_head).is_whole
    assert verify(short, short_head, kept=head).reason == "The log ends at entry 3; the one that was kept is 5."


def test_an_entry_that_was_put_behind_the_newest_one_shows():
    chain, _ = chain_of([entry(number) for number in range(3)])
    assert verify(chain, Head(2, chain[1][0].hash)).broken_at == 3


def test_the_hash_is_of_the_moment_not_of_the_zone_it_was_told_in():
    there = entry(1)
    here = replace(there, at=there.at.astimezone(timezone(timedelta(hours=-6))))
    assert linked(Head(), there) == linked(Head(), here)


@pytest.mark.parametrize("act", ["opened", "Incident.opened", "incident opened", "incident.", "a.b.c"])
def test_an_act_is_a_noun_and_a_verb(act):
    with pytest.raises(ValueError, match=r"noun\.verb"):
        check_act(act)


def test_it_says_values_plainly_and_refuses_what_json_cannot_say():
    assert plain({"at": AT, "means": Means.TEXT, "all": {"b", "a"}, "on": AT.date()}) == {
        "at": "2026-11-21T03:00:00+00:00",
        "means": "text",
        "all": ["a", "b"],
        "on": "2026-11-21",
    }
    with pytest.raises(TypeError, match="cannot keep a Subject"):
        plain(Subject("incident", "i"))


def test_it_keeps_only_what_differs():
    assert changed({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == ({"b": 2, "c": None}, {"b": 3, "c": 4})


def test_it_masks_addresses():
    assert masked("margaret@example.com") == "ma…@example.com"
    assert masked("+15125550142") == "…0142"
