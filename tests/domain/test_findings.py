"""Sealed findings: nobody reads another's before all are in (R51)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RefusedError
from app.domain.findings import FINDING_MOST, Finding, checked_finding, findings_owed, may_open, seen_by
from app.domain.severity import Severity

AT = datetime(2026, 4, 6, tzinfo=UTC)


def finding(who, *, submitted=True, opened=False):
    return Finding(who, who, who.title(), f"words of {who}", AT, AT if submitted else None, AT if opened else None)


def test_r51_two_are_wanted_where_it_is_critical_or_high():
    one = [finding("noor")]
    assert [findings_owed(one, severity) for severity in (*Severity, None)] == [1, 1, 0, 0, 0]
    assert not may_open(one, Severity.CRITICAL)
    assert may_open([*one, finding("bea")], Severity.CRITICAL)


def test_r51_one_that_was_begun_keeps_the_others_sealed():
    assert not may_open([finding("noor"), finding("bea"), finding("gil", submitted=False)], Severity.HIGH)


@given(st.lists(st.booleans(), min_size=1, max_size=5), st.sampled_from([*Severity]))
def test_r51_nobody_sees_the_words_of_another_before_all_are_open(submitted, severity):
    findings = [finding(f"p{number}", submitted=is_in) for number, is_in in enumerate(submitted)]
    for reader in [each.account_id for each in findings] + ["a commander"]:
        assert all((seen.words is None) != seen.is_own for seen in seen_by(findings, reader))
    if may_open(findings, severity):
        assert all(submitted)


def test_r51_once_open_everybody_reads_all_of_them():
    findings = [finding("noor", opened=True), finding("bea", opened=True)]
    assert [seen.words for seen in seen_by(findings, "a commander")] == ["words of noor", "words of bea"]


@pytest.mark.parametrize("words", ["", " \n", "x" * (FINDING_MOST + 1)])
def test_it_refuses_a_finding_that_says_nothing_or_too_much(words):
    with pytest.raises(RefusedError):
        checked_finding(words)
