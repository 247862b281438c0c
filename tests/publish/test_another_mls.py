"""Another MLS is other rows and the same code: its own doors on its own page (R33)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import html

from app.commands.components import ComponentDraft, save_components
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.organisation import OrganisationDraft, save_organisation
from app.domain.components import AuthMode, ComponentStatus, DirectLink
from app.domain.incidents import Headings, IncidentStatus, UpdateDraft
from app.domain.promises import Day
from app.publish.freeze import Freezer
from app.publish.pages import page_parts
from app.publish.snapshot import PublicSnapshot
from app.store.session import Database

OTHER = yaml.safe_load((Path(__file__).parents[1] / "domain" / "cedar-fork.yaml").read_text(encoding="utf-8"))
NOW = datetime(2026, 2, 10, 16, tzinfo=UTC)


@pytest.fixture
def cedar_fork(sqlite_url: str) -> Iterator[Database]:
    database, raw = Database.open(sqlite_url), OTHER["organisation"]
    with database.transaction() as session:
        day = Day(time_zone=raw["time_zone"])
        save_organisation(session, OrganisationDraft(raw["name"], raw["short_name"], day=day), now=NOW)
        save_components(session, [draft(entry) for entry in OTHER["components"]], now=NOW)
    yield database
    database.close()


def draft(raw: dict[str, Any]) -> ComponentDraft:
    words = {name: raw.get(name, "") for name in ("cannot_do", "still_can", "workaround")}
    link = DirectLink(raw["direct"]["url"], AuthMode(raw["direct"]["auth_mode"]))
    return ComponentDraft(
        raw["key"], raw["name"], requires=raw["requires"], reached_via=raw["reached_via"], direct_link=link, **words
    )


def falls(database: Database, slug: str) -> PublicSnapshot:
    """One component falls; what the public may see then."""
    whole = Headings("It does not answer.", "The supplier looks at it.", "All that needs it.", "See below.")
    update = UpdateDraft(
        status=IncidentStatus.INVESTIGATING,
        headings=whole,
        components={slug: ComponentStatus.MAJOR_OUTAGE},
        next_update_at=NOW + timedelta(minutes=50),
    )
    with database.transaction() as session:
        open_incident(session, IncidentDraft("It does not answer", update), now=NOW)
    with database.read() as session:
        return Freezer("https://status.cedar.example").freeze(session, NOW)


def front_page(snapshot: PublicSnapshot) -> html.HtmlElement:
    part = next(part for part in page_parts(snapshot) if part.path == "/")
    return html.document_fromstring(part.source().body.decode())


def doors(page: html.HtmlElement) -> list[str]:
    return [link.get("href") for link in page.xpath("//ul[@class='doors']//a[starts-with(@href, 'https:')]")]


def test_r33_where_members_sign_in_to_the_mls_itself_its_fall_opens_the_door_of_input_and_shuts_forms(
    cedar_fork: Database,
) -> None:
    page = front_page(falls(cedar_fork, "mls-search"))
    assert doors(page) == ["https://input.cedar.example"]
    (forms,) = page.xpath("//ul[@class='rows']/li[.//p[contains(@class, 'locked_out')]]")
    assert [" ".join(said.text_content().split()) for said in forms.iter("dd")] == [
        "Open a form.",
        "Fill in the paper form.",
        "The desk keeps a stack.",
    ]
    assert "since 9:00 AM MT" in page.text_content().replace("Since", "since")


def test_r33_where_the_dashboard_is_only_bookmarks_its_fall_needs_no_other_door(cedar_fork: Database) -> None:
    page = front_page(falls(cedar_fork, "sso-dashboard"))
    assert doors(page) == []
    assert "Bookmarks page is down" in page.text_content()
    assert not page.xpath("//p[contains(@class, 'locked_out')]")
