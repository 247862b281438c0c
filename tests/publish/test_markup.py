"""What people type becomes safe HTML, and nothing they type becomes markup of their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from app.publish.markup import body_html

_ALLOWED = {"div", "p", "br", "strong", "em", "ul", "ol", "li", "a", "code", "blockquote"}


def test_it_keeps_paragraphs_and_line_breaks() -> None:
    assert body_html("One\ntwo\r\n\r\nthree") == "<p>One<br>\ntwo</p><p>three</p>"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("**now** and _then_", "<p><strong>now</strong> and <em>then</em></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("[list](https://a.example/x)", '<p><a href="https://a.example/x" rel="noreferrer">list</a></p>'),
        (
            "See https://a.example/x.",
            '<p>See <a href="https://a.example/x" rel="noreferrer">https://a.example/x</a>.</p>',
        ),
    ],
)
def test_it_knows_a_small_markdown(typed: str, shown: str) -> None:
    assert body_html(typed) == shown


@pytest.mark.parametrize(
    "typed",
    ["[x](http://a.example)", "[x](javascript:alert(1))", "[x](//a.example)", "<javascript:alert(1)>", "[x](/admin)"],
)
def test_it_links_to_https_only(typed: str) -> None:
    assert "<a" not in body_html(typed)


def test_it_shows_tags_as_they_were_typed() -> None:
    assert body_html("<b onclick=x>hi</b>") == "<p>&lt;b onclick=x&gt;hi&lt;/b&gt;</p>"


def test_it_says_nothing_for_nothing() -> None:
    assert body_html(" \n ") == ""


@given(st.text(alphabet=st.sampled_from("<>&\"'*_[]()`\\-1. \nahtps:/!#=x{}%"), max_size=60))
def test_it_lets_no_other_markup_through(typed: str) -> None:
    for element in html.fromstring(f"<div>{body_html(typed)}</div>").iter():
        assert element.tag in _ALLOWED
        assert set(element.attrib) <= {"href", "rel", "start"}
        assert element.get("href", "https://").startswith("https://")
