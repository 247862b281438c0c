"""Checks in the console: added with what was typed kept, rested, looked at again; and heartbeats from outside."""

import pytest

from app.commands.probes import take_in_looks
from app.domain.probes import Look
from app.store.probes import probe_rows
from app.web.beats import beat_path
from app.web.hooks import HookParts, build_hooks
from tests.commands.sign_ups import VAULT
from tests.doubles.nodetools import html_faults
from tests.web.consoles import NOW, Browser, Console

FORM = {"component": "forms", "kind": "http", "url": "https://forms.example/up", "every": "60", "fail_after": "3"}


@pytest.fixture
def console(database):
    return Console(database)


def rows(console):
    with console.database.read() as session:
        return [row for row, _ in probe_rows(session)]


def test_a_check_is_added_seen_rested_and_removed(console):
    browser = console.signed_in()
    assert browser.post("/admin/checks", data=FORM | {"owner": "Gail"}).status_code == 303
    (row,) = rows(console)
    with console.database.transaction() as session:
        take_in_looks(session, {row.id: Look(is_well=True, seconds=0.2)}, now=NOW)
        take_in_looks(session, {row.id: Look(is_well=True, seconds=0.1)}, now=NOW)
    page = browser.get("/admin/checks")
    assert "Contract forms: gets through" in page.text
    assert "<polyline points=" in page.text
    assert html_faults({"/admin/checks.html": page.text}) == []
    browser.post(f"/admin/checks/{row.id}/rest", data={"resting": "yes"})
    assert "Contract forms: resting" in browser.get("/admin/checks").text
    browser.post(f"/admin/checks/{row.id}/removal")
    assert rows(console) == []


@pytest.mark.parametrize(
    "spoilt", [{"url": "file:" + "///etc/passwd"}, {"every": "soon"}, {"kind": "x"}, {"every": "1"}]
)
def test_what_cannot_look_is_refused_and_what_was_typed_is_kept(console, spoilt):
    answer = console.signed_in().post("/admin/checks", data=FORM | {"owner": "Gail Marsh"} | spoilt)
    assert (answer.status_code, "Gail Marsh" in answer.text) == (422, True)
    assert rows(console) == []


def test_a_heartbeat_comes_in_by_its_own_key_and_no_other(console):
    console.signed_in().post("/admin/checks", data=FORM | {"kind": "heartbeat", "url": ""})
    (row,) = rows(console)
    app = build_hooks(HookParts(console.database, VAULT, "http://status.example", clock=lambda: NOW))
    hooks = Browser(app, "http://status.example", address="192.0.2.9", headers={})
    assert hooks.post(f"/hooks/beats/{row.id}/wrong").status_code == 403
    assert rows(console)[0].looked_at is None
    assert hooks.post(f"/hooks{beat_path(VAULT, row.id)}").status_code == 204
    assert rows(console)[0].looked_at == NOW
    assert hooks.post(f"/hooks{beat_path(VAULT, 'nosuchthing1')}").status_code == 403
