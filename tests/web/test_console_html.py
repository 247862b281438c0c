"""The HTML of every page of the console is valid, refusals included."""

from datetime import timedelta

import pytest
from lxml import html

from app.commands.incidents import IncidentDraft, open_incident
from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.domain.accounts import Role
from app.domain.components import ComponentStatus
from app.store.session import Database
from app.web.admin.sections import SECTIONS, Group
from tests.commands.world import NOW, words
from tests.doubles.nodetools import html_faults
from tests.web.consoles import Console, the_form


@pytest.fixture
def console(sqlite_url):
    """On SQLite alone: the pages are the same."""
    console = Console(Database.open(sqlite_url))
    yield console
    console.database.close()


def something_of_everything(console):
    """An open incident and planned work; their addresses."""
    down = words(components={"dashboard": ComponentStatus.MAJOR_OUTAGE}, footnote="Also.")
    window = {"scheduled_for": NOW + timedelta(hours=2), "scheduled_until": NOW + timedelta(hours=4)}
    with console.database.transaction() as session:
        incident = open_incident(session, IncidentDraft("Down", down), now=NOW)
        work = schedule_maintenance(session, MaintenanceDraft("Keys", "Soon.", ["lockboxes"], **window), now=NOW)
    return f"/admin/incidents/{incident.id}", f"/admin/maintenance/{work.id}"


def waiting_pages(browser, incident):
    """A message that waits for a second person, and the incident's page when its weight is refused."""
    form = the_form(browser.get(incident).text, f"{incident}/updates")
    said = {"what_happened": "Soon.", "done": "Seen.", "next_step": "A look.", "may_surprise": "1"}
    waits_at = browser.post(f"{incident}/updates", data=form | said).headers["location"]
    return {
        "approval": browser.get(waits_at),
        "approval refused": browser.post(f"{waits_at}/decision", data={"decision": "approved"}),
        "weight refused": browser.post(f"{incident}/weight", data={}),
        "skip refused": browser.post(f"{incident}/skips", data={}),
    }


def work_pages(console, browser, incident):
    """The pages on which the incident is worked on, empty, full and refused."""
    browser.post(f"{incident}/work/causes", data={"cause": "A certificate"})
    browser.post(f"{incident}/work/attachments", files={"file": ("trace.log", b"line")})
    pages = {path: browser.get(path) for path in (f"{incident}/work", f"{incident}/work/findings")}
    pages["steps"] = browser.get("/admin/components/dashboard/recovery")
    browser.post("/admin/components/dashboard/recovery", data={"recover": "One", "verify": "Two"})
    for form in ("entries", "causes", "fix", "attachments", "findings"):
        pages[f"{form} refused"] = browser.post(f"{incident}/work/{form}")
    pages["known issue refused"] = browser.post("/admin/known-issues", data={"key": "x"})
    return pages


def every_page(console):
    """Pages by what they show."""
    incident, work = something_of_everything(console)
    browser = console.signed_in()
    paths = ["", "/incidents", "/incidents/new", "/components", "/components/forms", "/components/dashboard"]
    paths += ["/maintenance", "/maintenance/new", "/subscribers", "/notices", "/notices/1", "/nothing"]
    paths += ["/more", "/components/graph", "/components/what-if?fails=dashboard", "/components/new"]
    paths += ["/components/forms/shape", "/components/arrangement", "/maintenance/calendar", "/organisation"]
    paths += ["/packs", "/holidays", "/lexicon?heard=IDX", "/templates", "/templates/resolved/es", "/phone"]
    pages = {f"/admin{path}": browser.get(f"/admin{path}") for path in paths}
    console.hire("ada@mls.example", Role.ADMINISTRATOR)
    ada = console.signed_in("ada@mls.example")
    pages |= {section.path: ada.get(section.path) for section in SECTIONS if section.path not in pages}
    pages["own account"] = ada.get("/admin/me")
    ada.post("/admin/me/authenticator")  # without one begun there is nothing to show
    pages["own authenticator"] = ada.get("/admin/me/authenticator")
    pages |= waiting_pages(browser, incident)
    pages |= {path: browser.get(f"{path}?published=1") for path in (incident, work)}
    pages |= work_pages(console, browser, incident)
    pages["sign-in"] = console.browser().get("/admin/sign-in")
    pages["sign-in refused"] = console.browser().post("/admin/sign-in", data={"email": "x"})
    pages["words kept"] = console.browser().post("/admin/incidents", data={"title": "A", "what_happened": "B\nC"})
    pages["new refused"] = browser.post("/admin/incidents", data={"components": "dashboard"})
    pages["update refused"] = browser.post(f"{incident}/updates", data={"components": "dashboard"})
    form = the_form(pages[incident].text, f"{incident}/updates")
    stale = {"version": "0", "what_happened": "x", "done": "Seen.", "next_step": "A look."}
    pages["update stale"] = browser.post(f"{incident}/updates", data=form | stale)
    pages["link refused"] = browser.post("/admin/components/forms/direct-link", data={"url": "x"})
    pages["work refused"] = browser.post("/admin/maintenance", data={})
    return pages


def test_it_writes_valid_html(console):
    pages = every_page(console)
    assert sorted({page.status_code for page in pages.values()}) == [200, 401, 404, 409, 422]
    assert html_faults({name: page.text for name, page in pages.items()}) == []


def test_it_gives_every_page_a_title_of_its_own_and_one_heading(console):
    pages = every_page(console)
    for name, page in pages.items():
        assert page.text.count("<h1") == 1, name
        assert "<title> ·" not in page.text, name


def test_every_section_stands_under_one_heading_and_is_named_once(console):
    console.hire("ada@mls.example", Role.ADMINISTRATOR)
    page = html.fromstring(console.signed_in("ada@mls.example").get("/admin/more").text)
    shown = {group.text: group.getparent().xpath(".//b/text()") for group in page.xpath("//main//h2")}
    assert {group: [section.name for section in SECTIONS if section.group == group] for group in Group} == shown


def test_the_rail_opens_the_heading_one_is_under_and_leaves_out_what_one_may_not_use(console):
    page = html.fromstring(console.signed_in().get("/admin/holidays").text)
    opened = page.xpath("//nav[@aria-label='Sections']//details[@open]")
    assert [group.findtext("summary") for group in opened] == [Group.SETTINGS]
    assert "Accounts" not in opened[0].text_content()
