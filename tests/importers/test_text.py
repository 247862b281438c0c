"""Other people's text as plain text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importers.text import html_to_text, is_html, one_line, plain, without_comments


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>Two<br/>Three<BR />\nFour", "One\nTwo\nThree\nFour"),
        ("<ul><li>One</li><li><p>Two</p></li></ul>", "- One\n- Two"),
        ("<p>Before</p><ul><li>One</li></ul><p>After</p>", "Before\n- One\n\nAfter"),
        ("Fish &amp; chips &lt;b&gt; &#8364;5", "Fish & chips <b> €5"),
        ('See <a href="https://a.example/?x=1&amp;y=2">the notes</a>.', "See the notes (https://a.example/?x=1&y=2)."),
        ('<a href="https://a.example">https://a.example</a>', "https://a.example"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ("<script>alert(1)</script>Words<style>p {}</style>", "Words"),
        ("<b>bold <i>and more</b></i>", "bold and more"),
        ("<img src=x onerror=alert(1)>", ""),
    ],
)
def test_html_becomes_what_a_reader_would_copy(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize("text", ["a < b", "<IP:PORT> and <your-name>", "x<y>z", "2 > 1 & 3", "<https://a.example>"])
def test_what_only_looks_like_html_is_text(text: str) -> None:
    assert not is_html(text)


def test_foreign_line_ends_controls_and_blank_lines_go() -> None:
    assert plain("\x00a\r\nb\rc\u2028d\x07 \n\n\n\n\tindented\ud800 ") == "a\nb\nc\nd\n\n\tindented"
    assert one_line(" a\n\tb ") == "a b"


def test_comments_go_and_autolinks_lose_their_brackets() -> None:
    assert without_comments("a<!-- b\nc -->d <https://x.example/y> <!-- open") == "ad https://x.example/y "


@given(st.text())
def test_plain_text_can_be_stored_and_stays_plain(text: str) -> None:
    cleaned = plain(text)
    cleaned.encode()
    assert "\x00" not in cleaned
    assert plain(cleaned) == cleaned
    assert all(character in "\n\t" or unicodedata.category(character) != "Cc" for character in cleaned)


@given(st.text(alphabet="<>/&;=\"' ablipru\n-!"))
def test_no_text_breaks_the_reading_of_html(text: str) -> None:
    assert isinstance(html_to_text(text), str)
