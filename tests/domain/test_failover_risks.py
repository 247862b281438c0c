"""Every risk is told in words, and nothing that would break mail or strand browsers gets past."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.failover import Change, Guarded, RecordSet, RecordType, Side, Switch
from app.domain.failover_risks import Answer, CertificateSeen, Reading, Weight, risks, stops

NOW = datetime(2026, 4, 5, 3, 0, tzinfo=UTC)
SWITCH = Switch("1", "www.mls.example", "mls.example", "runbook", ("web.hosting.example",), ("edge.status.example",))
CHANGE = Change(SWITCH.name, SWITCH.records(Side.NORMAL), SWITCH.records(Side.FAILOVER))
GOOD = CertificateSeen("203.0.113.1", NOW + timedelta(days=60))
WELL = Reading(
    answers=(Answer("ns1", True, CHANGE.before), Answer("1.1.1.1", False, CHANGE.before)),
    guarded=(Guarded("mls.example", "MX", ("10 mail.",)),),
    certificates=(GOOD,),
    strict_transport="",
)


def found(switch=SWITCH, change=CHANGE, to=Side.FAILOVER, **reading):
    return risks(switch, change, replace(WELL, **reading), NOW, to=to)


def said(some, weight=None):
    return " ".join(risk.words for risk in some if weight in (None, risk.weight))


def records(ttl):
    return (RecordSet(RecordType.CNAME, ("web.hosting.example",), ttl),)


def test_a_sound_switch_has_nothing_but_notes():
    some = found()
    assert {risk.weight for risk in some} == {Weight.NOTE}
    assert "everybody sees it by {until}" in said(some)
    assert "compared afterwards: MX of mls.example" in said(some)


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        ({"answers": (Answer("ns1", True, trouble="It does not answer."),)}, "No name server of the zone answers"),
        ({"other_types": ("MX", "TXT")}, "MX, TXT stands at www.mls.example; a CNAME beside other data"),
        ({"unguarded": ("MX of mls.example",)}, "MX of mls.example could not be read"),
        ({"certificates": ()}, "no address that could be asked"),
        ({"certificates": (GOOD, CertificateSeen("203.0.113.2", trouble="It is for another name."))}, "another name"),
        ({"certificates": (CertificateSeen("203.0.113.1", NOW + timedelta(hours=30)),)}, "must last beyond tomorrow"),
    ],
)
def test_it_stops_what_would_strand_members(reading, words):
    assert words in " ".join(stops(found(**reading)))


def test_it_stops_a_cname_at_the_apex():
    apex = replace(SWITCH, name="mls.example")
    assert "zone's own name" in " ".join(stops(found(apex, replace(CHANGE, name="mls.example"))))


def test_it_stops_a_change_that_changes_nothing():
    assert "leads there already" in " ".join(stops(found(change=Change(SWITCH.name, CHANGE.after, CHANGE.after))))


def test_addresses_may_stand_beside_other_data():
    switch = replace(SWITCH, failover=("203.0.113.1",))
    change = Change(switch.name, switch.records(Side.NORMAL), switch.records(Side.FAILOVER))
    assert stops(found(switch, change, other_types=("MX", "NS", "SOA"))) == []


def test_it_believes_the_longest_time_to_live_that_anybody_serves():
    """The zone says 300 since an hour ago; a resolver that asked before keeps its answer for a day."""
    kept = (Answer("ns1", True, records(300)), Answer("9.9.9.9", False, records(80_000)))
    some = found(answers=kept)
    risk = next(risk for risk in some if risk.subject == "TTL")
    assert (risk.weight, risk.until) == (Weight.WARNING, NOW + timedelta(seconds=80_000))


@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=5))
def test_the_estimate_is_never_earlier_than_anybodys_last_answer(left):
    answers = tuple(Answer(str(number), False, records(ttl)) for number, ttl in enumerate(left))
    assert replace(WELL, answers=answers).served_ttl(CHANGE) == max(300, *left)


def test_a_name_that_did_not_exist_is_remembered_as_missing():
    change = Change(SWITCH.name, (), SWITCH.records(Side.FAILOVER))
    assert replace(WELL, negative_ttl=3_600, answers=()).served_ttl(change) == 3_600


def test_it_says_that_ipv6_goes_away_with_the_old_house():
    switch = replace(SWITCH, normal=("192.0.2.1", "2001:db8::1"), failover=("203.0.113.1",))
    change = Change(switch.name, switch.records(Side.NORMAL), switch.records(Side.FAILOVER))
    assert "the AAAA record goes away with it" in said(found(switch, change))


@pytest.mark.parametrize(
    ("reading", "weight", "words"),
    [
        ({"strict_transport": None}, Weight.NOTE, "Take it that they do"),
        ({"strict_transport": "max-age=31536000"}, Weight.NOTE, "plain http is no fallback"),
        (
            {"answers": (Answer("ns1", True, ()), Answer("ns2", True, CHANGE.before))},
            Weight.WARNING,
            "What ns1 answers",
        ),
        ({"answers": (*WELL.answers, Answer("ns2", True, trouble="Silent."))}, Weight.WARNING, "ns2: Silent."),
        ({"answers": (*WELL.answers, Answer("9.9.9.9", False, trouble="Silent."))}, Weight.NOTE, "9.9.9.9: Silent."),
    ],
)
def test_it_tells_what_a_person_should_weigh(reading, weight, words):
    assert words in said(found(**reading), weight)


def test_an_https_record_is_not_followed_by_the_switch():
    switch = replace(SWITCH, failover=("203.0.113.1",))
    change = Change(switch.name, switch.records(Side.NORMAL), switch.records(Side.FAILOVER))
    assert "Browsers follow it before any address" in said(
        found(switch, change, other_types=("HTTPS",)), Weight.WARNING
    )


def test_a_plan_that_is_no_longer_true_is_told():
    elsewhere = (RecordSet(RecordType.CNAME, ("old.hosting.example",), 300),)
    change = Change(SWITCH.name, elsewhere, CHANGE.after)
    assert "Going back restores what stands there now" in said(found(change=change), Weight.WARNING)


def test_going_back_asks_nothing_of_the_status_host():
    some = found(to=Side.NORMAL, change=Change(SWITCH.name, CHANGE.after, CHANGE.before), certificates=())
    assert stops(some) == []


def test_the_heaviest_comes_first():
    weights = [list(Weight).index(risk.weight) for risk in found(certificates=(), answers=WELL.answers[:1])]
    assert weights == sorted(weights)
