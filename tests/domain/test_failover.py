"""Switches: what a change does for every pair of sides, what is refused, and when a name may lead back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.domain.failover import (
    PROBES_APART,
    PROBES_FRESH,
    Change,
    Guarded,
    RecordSet,
    RecordType,
    Side,
    SignInProbe,
    Switch,
    check_switch,
    leads_to,
    minutes_until,
    record_sets,
    revert_refusal,
    touched,
)

NOW = datetime(2026, 4, 5, 3, 0, tzinfo=UTC)
WWW = Switch("1", "www.mls.example", "mls.example", "runbook", ("web.hosting.example",), ("192.0.2.1", "2001:DB8:0::1"))

names = st.from_regex(r"[a-z]{1,8}\.(example|test)", fullmatch=True)
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
sides = st.one_of(names.map(lambda name: (name,)), st.lists(addresses, min_size=1, max_size=4).map(tuple))
changes = st.builds(
    lambda old, new, ttl: Change("www.mls.example", record_sets(old, ttl), record_sets(new, 300)),
    st.one_of(st.just(()), sides),
    sides,
    st.integers(30, 86_400),
)
probes = st.lists(
    st.builds(SignInProbe, st.integers(-120, 5).map(lambda minutes: NOW + timedelta(minutes=minutes)), st.booleans()),
    max_size=8,
)


def applied(change):
    """What stands there when removed types go and set ones come, as every provider does it."""
    gone = {item.type for item in change.removed} | {item.type for item in change.set}
    return tuple(sorted([*(item for item in change.before if item.type not in gone), *change.set]))


@given(changes)
def test_carrying_it_out_gives_exactly_what_is_wanted(change):
    assert applied(change) == tuple(sorted(change.after))


@given(changes)
def test_going_back_restores_the_very_records(change):
    back = Change(change.name, applied(change), change.before)
    assert applied(back) == tuple(sorted(change.before))


@given(changes)
def test_no_address_of_the_old_house_is_left_behind(change):
    left = {value for item in applied(change) for value in item.values}
    assert left == {value for item in change.after for value in item.values}


@given(changes)
def test_the_diff_is_the_change_line_by_line(change):
    minus = {line.text for line in change.lines if line.sign == "-"}
    plus = {line.text for line in change.lines if line.sign == "+"}
    same = {line.text for line in change.lines if line.sign == " "}
    assert not minus & plus
    assert len(minus | same) == sum(len(item.values) for item in change.before)
    assert len(plus | same) == sum(len(item.values) for item in change.after)


@given(sides, st.integers(30, 86_400), st.integers(0, 300))
def test_an_answer_is_right_whatever_is_left_of_its_time_to_live(side, planned, left):
    assert leads_to(record_sets(side, left), record_sets(reversed(side), planned))


@given(sides)
def test_a_host_name_stands_alone_and_addresses_go_by_kind(side):
    found = record_sets(side, 300)
    kinds = [item.type for item in found]
    assert kinds == sorted(set(kinds), key=list(RecordType).index)
    assert RecordType.CNAME not in kinds or len(found) == 1


def test_an_address_has_one_spelling():
    assert WWW.records(Side.FAILOVER)[1] == RecordSet(RecordType.AAAA, ("2001:db8::1",), 300)


def test_a_whole_switch_is_accepted():
    check_switch(WWW, {"runbook"})


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"name": "www"}, "name"),
        ({"name": "-www.mls.example"}, "name"),
        ({"name": "www.mls.example\nevil"}, "name"),
        ({"zone": "other.example"}, "zone"),
        ({"zone": "ls.example"}, "zone"),
        ({"provider": "carrier-pigeon"}, "provider"),
        ({"planned_ttl": 5}, "planned_ttl"),
        ({"planned_ttl": 700_000}, "planned_ttl"),
        ({"normal": ()}, "normal"),
        ({"normal": tuple(f"192.0.2.{last}" for last in range(9))}, "normal"),
        ({"failover": ("edge.example", "192.0.2.1")}, "failover"),
        ({"failover": ("edge.example", "other.example")}, "failover"),
        ({"failover": ("192.0.2.300",)}, "failover"),
        ({"failover": ("www.MLS.example.",)}, "failover"),
        ({"failover": ("web.hosting.example.",)}, "failover"),
        ({"name": "mls.example", "normal": ("192.0.2.9",), "failover": ("edge.example",)}, "failover"),
    ],
)
def test_a_switch_that_could_never_be_used_is_refused_beside_its_field(changed, problem):
    with pytest.raises(RefusedError) as refusal:
        check_switch(replace(WWW, **changed), {"runbook"})
    assert problem in refusal.value.problems


def at(minutes, *, is_clean=True):
    return SignInProbe(NOW - timedelta(minutes=minutes), is_clean)


@pytest.mark.parametrize(
    ("tried", "words"),
    [
        ([], "Nobody has signed in"),
        ([at(5)], "One clean sign-in is not enough"),
        ([at(14), at(5)], "One clean sign-in is not enough"),
        ([at(15), at(5, is_clean=False)], "The last sign-in at the normal address failed"),
        ([at(30), at(20, is_clean=False), at(5)], "One clean sign-in is not enough"),
        ([at(90), at(40)], "more than half an hour old"),
        ([at(-1), at(-20)], "Nobody has signed in"),
    ],
)
def test_it_says_why_a_name_may_not_lead_back_yet(tried, words):
    assert words in revert_refusal(tried, NOW)


def test_it_may_lead_back_after_two_clean_sign_ins_ten_minutes_apart():
    assert revert_refusal([at(12), at(2)], NOW) is None
    assert revert_refusal([at(60, is_clean=False), at(12), at(7), at(2)], NOW) is None


@given(probes)
def test_two_clean_sign_ins_are_always_there_when_it_may(tried):
    if revert_refusal(tried, NOW) is None:
        past = sorted((probe for probe in tried if probe.at <= NOW), key=lambda probe: probe.at)
        assert past[-1].is_clean
        assert NOW - past[-1].at <= PROBES_FRESH
        assert any(
            one.is_clean and other.is_clean and other.at - one.at >= PROBES_APART for one in past for other in past
        )


@given(probes)
def test_a_sign_in_that_fails_now_always_keeps_members_here(tried):
    assert revert_refusal([*tried, at(0, is_clean=False)], NOW + timedelta(seconds=1)) is not None


def test_it_names_what_did_not_stay_the_same():
    before = [Guarded("mls.example", "MX", ("10 a.",)), Guarded("mls.example", "TXT", ("x",))]
    assert touched(before, before) == ()
    assert touched(before, [Guarded("mls.example", "MX", ("10 b.",)), before[1]]) == ("MX of mls.example",)
    assert touched(before, [before[0]]) == ()


def test_a_drill_takes_a_minute_at_least_also_when_the_clock_was_set_back():
    assert minutes_until(NOW + timedelta(minutes=11, seconds=20), NOW) == 11
    assert minutes_until(NOW - timedelta(hours=1), NOW) == 1
