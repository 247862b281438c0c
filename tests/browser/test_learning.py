"""What is learned, in a real browser: accessible in both themes, narrow, kept while typed and without script."""

from datetime import timedelta

import pytest

from app.commands.actions import open_action
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.packs import save_pack
from app.commands.report import tend_reports
from app.domain.actions import ActionKind
from app.domain.components import ComponentStatus
from app.domain.incidents import IncidentStatus, UpdateDraft
from app.domain.packs import Pack
from app.store.accounts import account_rows
from app.store.report import report_row
from tests.browser.test_console import DESK, PHONE, SMALL_TARGETS, desk, phone, scriptless, sign_in, unfold
from tests.commands.world import words
from tests.doubles.nodetools import axe_faults

__all__ = ["desk", "phone", "scriptless"]

pytestmark = pytest.mark.browser


@pytest.fixture
def learned(desk):
    """An outage that is over with its report, one action, and another that looks the same; the pages of it all."""
    now = desk.console.time()
    with desk.console.database.transaction() as session:
        author = account_rows(session)[0].id
        down = words(components={"dashboard": ComponentStatus.MAJOR_OUTAGE}, next_update_at=now + timedelta(hours=1))
        found = open_incident(session, IncidentDraft("Dashboard down", down), now=now, author_id=author)
        over = UpdateDraft(IncidentStatus.RESOLVED, body="It is over.")
        post_update(session, found.id, over, now=now, author_id=author)
        again = open_incident(session, IncidentDraft("Dashboard down again", down), now=now, author_id=author)
        save_pack(session, Pack("us", "US pack", ("trust deposits",), is_in_force=True), now=now)
        open_action(
            session,
            incident_id=found.id,
            kind=ActionKind.TEST_ADDED,
            words="Try a sign-in every five minutes",
            owner="Technology",
            due_on=now.date(),
            now=now,
        )
        tend_reports(session, now=now)
    desk.incident = f"/incidents/{found.id}"
    rooms = [f"{desk.incident}/{room}" for room in ("report", "observations", "questions", "circulation")]
    desk.pages = [*rooms, f"/incidents/{again.id}/past", "/actions", "/measures", ""]
    return desk


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_used_by_everybody_on_a_narrow_phone_too(learned, chromium, scheme):
    faults = []
    for size in (PHONE, DESK):
        with chromium.new_context(viewport=size, color_scheme=scheme) as context:
            page = sign_in(context, learned)
            for path in learned.pages:
                page.goto(f"{learned.base}/admin{path}")
                unfold(page)
                faults += [(path, fault) for fault in axe_faults(page)]
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
                if size is PHONE:
                    assert page.evaluate(SMALL_TARGETS) == [], path
    assert faults == []


@pytest.mark.slow
def test_words_of_the_report_are_kept_while_one_types_and_without_script(learned, phone, scriptless):
    page = sign_in(phone, learned)
    page.goto(f"{learned.base}/admin{learned.incident}/report")
    page.get_by_label("Suspected root cause, in your words").fill("A certificate ran out.")
    page.get_by_text("Kept at").wait_for()
    bare = sign_in(scriptless, learned)
    bare.goto(f"{learned.base}/admin{learned.incident}/report")
    assert bare.get_by_label("Suspected root cause, in your words").input_value() == "A certificate ran out."
    bare.get_by_label("Resolution of issue, in your words").fill("A new certificate.")
    bare.get_by_role("button", name="Keep the words under Resolution of issue").click()
    with learned.console.database.read() as session:
        kept = report_row(session, learned.incident.rpartition("/")[2]).words
    assert kept == {"cause": "A certificate ran out.", "resolution": "A new certificate."}
