"""Alerts of monitoring systems: believed with the right key, once, and never more than a sentence of them."""

import json

import pytest

from app.commands.api_keys import create_api_key, revoke_api_key
from app.domain.accounts import Role
from app.domain.api_keys import MANAGE_SCOPES, Scope
from app.store.suspicions import open_suspicions
from app.web.alerts import BODY_MOST
from app.web.hooks import HookParts, build_hooks
from tests.commands.sign_ups import VAULT
from tests.doubles.nodetools import html_faults
from tests.web.consoles import NOW, Browser, Console, text_of

BOSS = "boss@mls.example"


class Monitor:
    """A monitoring system with an address of its own, and who was called out."""

    def __init__(self, console: Console, *, per_minute: int = 100) -> None:
        self.console, self.told = console, []
        with console.database.transaction() as session:
            self.key, token = create_api_key(
                session, "Prometheus", [Scope.ALERTS_WRITE], per_minute=per_minute, now=NOW
            )
        self.path = f"/hooks/alerts/{token}"
        parts = HookParts(
            console.database,
            VAULT,
            "https://status.mls.example",
            clock=console.time,
            on_suspected=lambda _session, suspicion: self.told.append(suspicion.number),
        )
        self.browser = Browser(build_hooks(parts), "http://status.mls.example", address="203.0.113.5", headers={})

    def say(self, status: str, fingerprint: str = "c6eadffa33fcdf37", starts: str = "2026-04-05T02:49:00Z", **labels):
        labels = {"alertname": "FormsDown", "component": "forms"} | labels
        alert = {"status": status, "labels": labels, "startsAt": starts, "fingerprint": fingerprint}
        return self.browser.post(self.path, json={"version": "4", "status": status, "alerts": [alert]})

    @property
    def suspected(self):
        with self.console.database.read() as session:
            return open_suspicions(session)


@pytest.fixture
def console(database):
    return Console(database)


@pytest.fixture
def monitor(console):
    return Monitor(console)


def test_an_alert_is_one_suspicion_however_often_it_is_said_and_resolved_ends_it(monitor):
    answers = [monitor.say("firing") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204, 204, 204]
    (found,) = monitor.suspected
    assert (found.slugs, found.signs[0].words, monitor.told) == (("forms",), "Prometheus: FormsDown", [1])
    assert monitor.say("resolved").status_code == 204
    assert monitor.suspected == []


def test_an_alert_that_arrives_after_its_end_is_old_news_and_a_later_one_is_not(monitor):
    monitor.say("firing")
    monitor.say("resolved")
    monitor.say("firing")
    assert monitor.suspected == []
    monitor.console.time.pass_by(hours=1)
    monitor.say("firing", starts="2026-04-05T03:40:00Z")
    assert len(monitor.suspected) == 1


def test_two_systems_may_use_the_same_fingerprint(monitor):
    other = Monitor(monitor.console)
    monitor.say("firing")
    other.say("firing", component="lockboxes")
    monitor.say("resolved")
    assert [sign.slug for sign in other.suspected[0].signs if sign.is_open] == ["lockboxes"]


def test_the_plain_form_speaks_of_no_component_that_is_not_on_the_page(monitor):
    said = {"id": "disk-7", "status": "open", "summary": "Disk is full", "component": "cellar"}
    assert monitor.browser.post(monitor.path, json=said).status_code == 204
    assert monitor.suspected[0].slugs == ()


def test_an_unknown_a_revoked_and_another_kind_of_key_learn_nothing(monitor):
    with monitor.console.database.transaction() as session:
        manage = create_api_key(session, "Poster", MANAGE_SCOPES, now=NOW)[1]
        revoke_api_key(session, monitor.key.id, now=NOW)
    for path in (monitor.path, f"/hooks/alerts/{manage}", "/hooks/alerts/guessed"):
        answer = monitor.browser.post(path, json={"id": "a", "status": "open", "summary": "b"})
        assert (answer.status_code, answer.content) == (403, b"")
    assert monitor.suspected == []


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 422, "not JSON"),
        (b"[" * 50_000, 422, "not JSON"),
        (b"{}", 422, "needs"),
        (b" " * (BODY_MOST + 1), 413, "bytes"),
        (json.dumps([{"id": "x", "status": "open", "summary": "y"}] * 101).encode(), 422, "at most 100"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(monitor, body, status, words):
    answer = monitor.browser.post(monitor.path, content=body)
    assert (answer.status_code, words in answer.json()["error"]) == (status, True)
    assert monitor.suspected == []


def test_who_calls_too_often_waits(console):
    monitor = Monitor(console, per_minute=2)
    answers = [monitor.say("firing") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204, 204, 429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 31


def test_the_address_is_made_on_the_page_of_checks_and_shown_once(console):
    console.hire(BOSS, Role.ADMINISTRATOR)
    browser = console.signed_in(BOSS)
    made = browser.post("/admin/checks/alert-keys", data={"system": "Prometheus"})
    address = text_of(made.text).partition("https://status.mls.example/hooks/alerts/")[2].split()[0]
    assert (made.status_code, len(address) > 40) == (201, True)
    assert html_faults({"/made.html": made.text}) == []
    for path in ("/admin/checks", "/admin/keys"):
        assert address not in browser.get(path).text
    assert "report alerts of a monitoring system" in browser.get("/admin/keys").text
    assert browser.post("/admin/checks/alert-keys", data={"system": ""}).status_code == 422
    assert console.signed_in().post("/admin/checks/alert-keys", data={"system": "X"}).status_code == 403


def test_a_key_for_alerts_may_do_nothing_else(console):
    console.hire(BOSS, Role.ADMINISTRATOR)
    answer = console.signed_in(BOSS).post(
        "/admin/keys", data={"name": "Both", "scope": ["alerts:write", "read"], "per_minute": "60"}
    )
    assert (answer.status_code, "may do nothing else" in answer.text) == (422, True)
