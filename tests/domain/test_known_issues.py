"""Known issues: what an incident looks like, and what a search finds."""

import pytest

from app.domain.errors import RefusedError
from app.domain.known_issues import KnownIssue, checked_issue, looks_like, search

ISSUES = [
    KnownIssue("KI-07", "Old phone app keeps showing yesterday's showings", "pull down twice", ("showings",)),
    KnownIssue("KI-11", "E-sign page blank with a shopping-coupon browser add-on", "private window", ("esign",)),
    KnownIssue("KI-12", "Dashboard loops after daylight-saving change", "restart the router", ("sso-dashboard",)),
]


def keys(issues):
    return [issue.key for issue in issues]


@pytest.mark.parametrize(
    "title", ["e-sign pages are blank", "Blank page in E-Sign", "ESIGN comes up blank", "E\u2010sign: page blank"]
)
def test_r48_e_sign_and_blank_find_ki_11(title):
    assert keys(looks_like(ISSUES, title.replace("\u2010", "-"), [])) == ["KI-11"]


def test_r48_the_component_that_fails_counts_with_one_word():
    assert keys(looks_like(ISSUES, "Something is blank", ["esign"])) == ["KI-11"]
    assert keys(looks_like(ISSUES, "Something is blank", ["lockboxes"])) == []


def test_r48_one_word_that_happens_to_be_the_same_is_no_match():
    assert keys(looks_like(ISSUES, "The dashboard is slow", [])) == []


def test_r48_a_search_finds_every_issue_in_which_all_its_words_begin_one():
    assert keys(search(ISSUES, "e-sign blank")) == ["KI-11"]
    assert keys(search(ISSUES, "rout")) == ["KI-12"]
    assert keys(search(ISSUES, "KI-07")) == ["KI-07"]
    assert keys(search(ISSUES, "")) == ["KI-07", "KI-11", "KI-12"]


@pytest.mark.parametrize(
    ("field", "given"), [("key", ("11", "t", "w")), ("title", ("KI-1", "", "w")), ("workaround", ("KI-1", "t", " "))]
)
def test_it_refuses_an_issue_that_helps_nobody(field, given):
    with pytest.raises(RefusedError) as refused:
        checked_issue(*given, [])
    assert list(refused.value.problems) == [field]
