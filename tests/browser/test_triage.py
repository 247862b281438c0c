"""Triage, tickets and checks in a real browser: accessible in both themes, narrow; a member hears back."""

import re
from datetime import timedelta

import pytest

from app.commands.probes import add_probe, take_in_looks
from app.commands.reports import count_call
from app.commands.tickets import log_trial, open_ticket, take_on
from app.domain.channels import Channel
from app.domain.probes import Look, ProbeDraft, ProbeKind
from app.domain.reports import Source
from app.domain.tickets import TicketDraft, TrialResult
from app.store.accounts import account_rows
from tests.browser.test_console import DESK, PHONE, SMALL_TARGETS, desk, phone, scriptless, sign_in, unfold
from tests.commands.sign_ups import MAILBOX, VAULT
from tests.doubles.nodetools import axe_faults

__all__ = ["desk", "phone", "scriptless"]

pytestmark = pytest.mark.browser

PAGES = ("/reports", "/reports/day", "/tickets", "/tickets/new", "/checks")


@pytest.fixture
def busy(desk):
    """A check that failed, one that is unusual, members who report, and one who waits; the ticket's path."""
    now, up = desk.console.time(), {"url": "https://forms.example/up"}
    with desk.console.database.transaction() as session:
        failing = add_probe(session, "forms", ProbeDraft(ProbeKind.HTTP, up), owner="Gail", now=now)
        slow = add_probe(
            session, "lockboxes", ProbeDraft(ProbeKind.TCP, {"host": "boxes.example", "port": "443"}), now=now
        )
        add_probe(session, "dashboard", ProbeDraft(ProbeKind.HEARTBEAT, {"what": "a sign-in code arrives"}), now=now)
        for turn in range(40):
            at = now - timedelta(minutes=40 - turn)
            seconds = 1.4 if turn > 36 else 0.2
            take_in_looks(session, {slow: Look(is_well=True, seconds=seconds)}, now=at)
            take_in_looks(session, {failing: Look(is_well=turn < 20, seconds=0.1, reason="answers 500")}, now=at)
            count_call(session, "forms" if turn % 3 else "dashboard", now=at)
        draft = TicketDraft("forms", Source.MEMBER, "Save spins, nothing happens.", "Ana", Channel.EMAIL, MAILBOX)
        ticket, who = open_ticket(session, VAULT, draft, now=now - timedelta(minutes=6)), account_rows(session)[0].id
        take_on(session, ticket.id, who, now=now)
        log_trial(session, VAULT, ticket.id, who, "Opened a draft, pressed Save.", TrialResult.HAPPENS, now=now)
    desk.ticket = f"/tickets/{ticket.id}"
    return desk


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_it_can_be_used_by_everybody(busy, chromium, size, scheme):
    with chromium.new_context(viewport=size, color_scheme=scheme) as context:
        page = sign_in(context, busy)
        faults = []
        for path in (*PAGES, busy.ticket):
            page.goto(f"{busy.base}/admin{path}")
            unfold(page)
            faults += [(path, fault) for fault in axe_faults(page)]
            page.set_viewport_size(size)
    assert faults == []


@pytest.mark.slow
def test_it_fits_a_narrow_phone_and_a_thumb(busy, phone):
    page = sign_in(phone, busy)
    for path in (*PAGES, busy.ticket):
        page.goto(f"{busy.base}/admin{path}")
        unfold(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert page.evaluate(SMALL_TARGETS) == [], path


def test_r11_a_call_becomes_a_ticket_that_is_answered_and_solved_without_script(busy, scriptless):
    page = sign_in(scriptless, busy)
    page.goto(f"{busy.base}/admin/tickets/new")
    page.get_by_label("In the member’s own words").fill("The dashboard stays white.")
    page.get_by_role("button", name="Take it as a ticket").click()
    page.get_by_role("heading", name=re.compile("T-2")).wait_for()
    page.get_by_label("What solved it").fill("A newer browser shows it.")
    page.get_by_role("button", name="It is solved").click()
    page.get_by_text("Solved", exact=True).first.wait_for()
