"""Readiness in the console: what was found last, worst first; looking again is a button."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlmodel import select

from app.commands.examinations import keep_examination
from app.domain.accounts import Role
from app.domain.audit import CLOCK
from app.domain.examination import Check, Finding
from app.store.examinations import ExaminationRow, newest_examination
from tests.commands.world import NOW
from tests.web.consoles import text_of

FOUND = [
    Check("disk", Finding.OK, "80,000 MB are free."),
    Check("worker", Finding.WARN, "No worker has given a sign of life.", "Start one: porchlight worker"),
    Check("certificate www.mls.example", Finding.FAIL, "192.0.2.4: <it> ends too soon.", "Renew it now: certbot renew"),
]


def keep(console, checks: Sequence[Check] = FOUND) -> None:
    with console.database.transaction(CLOCK) as session:
        keep_examination(session, checks, CLOCK.name, now=console.time())


def readiness(console) -> str:
    return text_of(console.signed_in().get("/admin/readiness").text)


def test_it_says_that_nobody_has_looked_yet(console):
    assert "Nobody has looked yet" in readiness(console)


def test_it_shows_the_worst_first_with_what_to_do_and_how_old_it_is(console):
    keep(console)
    console.time.pass_by(hours=2, minutes=5)
    said = readiness(console)
    assert "1 thing would fail. Looked at 9:50 PM CT, 2 h 5 min ago, by The clock." in said
    fails, warns, well = (said.index(words) for words in ("ends too soon", "sign of life", "80,000 MB"))
    assert fails < warns < well
    assert "<it> ends too soon. Renew it now: certbot renew" in said


def test_looking_again_is_a_button_and_is_kept_with_who_asked(console):
    console.app.state.parts = replace(console.app.state.parts, examine=lambda: FOUND[:1])
    browser = console.signed_in()
    answer = browser.post("/admin/readiness/examination")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/readiness?examined=1")
    with console.database.read() as session:
        found = newest_examination(session)
    assert found is not None
    assert (found.at, found.by, found.checks) == (NOW, "Tess Marchetti", tuple(FOUND[:1]))
    assert "Nothing that was looked at." in text_of(browser.get("/admin/readiness?examined=1").text)


def test_opening_it_asks_nobody_anything(console):
    def refuse():
        pytest.fail("the page examined the installation by itself")

    console.app.state.parts = replace(console.app.state.parts, examine=refuse)
    assert console.signed_in().get("/admin/readiness").status_code == 200
    assert console.signed_in().get("/admin").status_code == 200


def test_who_only_reads_sees_it_and_has_no_button(console):
    console.app.state.parts = replace(console.app.state.parts, examine=lambda: FOUND)
    console.hire("vic@mls.example", Role.VIEWER)
    browser = console.signed_in("vic@mls.example")
    assert "Look now" not in browser.get("/admin/readiness").text
    assert browser.post("/admin/readiness/examination").status_code == 403
    assert "Look now" in console.signed_in().get("/admin/readiness").text


def test_the_board_has_a_line_only_while_something_would_fail(console):
    keep(console)
    assert "1 thing would fail tonight 192.0.2.4: <it> ends too soon." in text_of(
        console.signed_in().get("/admin").text
    )
    console.time.pass_by(minutes=1)
    keep(console, FOUND[:2])
    assert "would fail tonight" not in console.signed_in().get("/admin").text


def test_what_was_found_a_month_ago_is_forgotten(console):
    keep(console)
    console.time.pass_by(days=31)
    keep(console, FOUND[:1])
    with console.database.read() as session:
        assert len(session.exec(select(ExaminationRow)).all()) == 1
