"""Feeds that every reader accepts, and that tell a reader exactly what is new."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import feedparser
import pytest
from lxml import etree

from app.domain.incidents import Headings, Incident
from app.publish.documents import ATOM, RSS
from app.publish.feeds import (
    COMPONENT_INCIDENTS,
    COMPONENT_UPDATES,
    INCIDENTS,
    UPDATES,
    feed_parts,
)
from app.publish.snapshot import PublicSnapshot
from tests.publish.snapshots import EASTER, demo_components, demo_snapshot, identity, rendered, snapshot_with

SITE = "https://hpmls-status.example"
ATOM_NAMESPACE = "{http://www.w3.org/2005/Atom}"
WHOLE_PAGE = ["/history.atom", "/history.rss", "/updates.atom", "/updates.rss"]
OF_ONE = ["/components/showings/history.atom", "/components/showings/updates.rss"]
NEVER_USED = ["/components/help-desk/history.atom", "/components/help-desk/updates.rss"]


def feeds(snapshot: PublicSnapshot) -> dict[str, bytes]:
    return {source.path: source.body for source in rendered(feed_parts, snapshot)}


def parsed(snapshot: PublicSnapshot, path: str) -> feedparser.FeedParserDict:
    return feedparser.parse(feeds(snapshot)[path])


def alternates(links: list) -> list[str]:
    return [link["href"] for link in links if link["rel"] == "alternate"]


def with_words(**fields: object) -> PublicSnapshot:
    """The Easter outage with other words in its one update."""
    snapshot = demo_snapshot(outage=True)
    incident = snapshot.open_incidents[0]
    update = replace(incident.updates[0], **fields)
    return replace(snapshot, incidents=(replace(incident, updates=(update,)), *snapshot.incidents[1:]))


def content(snapshot: PublicSnapshot, path: str = "/history.atom") -> str:
    return parsed(snapshot, path).entries[0].content[0].value


def renumbered(incident: Incident, number: int) -> Incident:
    updates = tuple(
        replace(update, id=identity(number, update.id), number=number * 100 + place)
        for place, update in enumerate(incident.updates)
    )
    return replace(incident, id=identity("feed", number), number=number, updates=updates)


@pytest.mark.parametrize("path", [*WHOLE_PAGE, *OF_ONE, *NEVER_USED])
def test_it_is_well_formed_and_complete(path: str):
    feed = parsed(demo_snapshot(outage=True), path)
    assert not feed.bozo
    assert feed.version == ("atom10" if path.endswith(".atom") else "rss20")
    assert feed.feed.title.startswith("Harbor & Pines MLS Status - ")
    assert feed.feed.updated_parsed
    assert feed.feed.language == "en"
    assert feed.feed.subtitle


@pytest.mark.parametrize("path", WHOLE_PAGE)
def test_it_has_one_alternate_and_one_link_to_itself(path: str):
    feed = parsed(demo_snapshot(), path)
    assert alternates(feed.feed.links) == [f"{SITE}/"]
    assert [link["href"] for link in feed.feed.links if link["rel"] == "self"] == [SITE + path]
    assert all(len(alternates(entry.links)) == 1 for entry in feed.entries)


def test_it_points_a_components_feed_at_its_page():
    assert parsed(demo_snapshot(), "/components/showings/history.rss").feed.link == f"{SITE}/components/showings"


@pytest.mark.parametrize("path", [*WHOLE_PAGE, *OF_ONE])
def test_it_gives_every_entry_an_identity_of_its_own(path: str):
    ids = Counter(entry.id for entry in parsed(demo_snapshot(), path).entries)
    assert ids
    assert set(ids.values()) == {1}


def test_it_forms_identities_as_statuspage_does():
    feed = parsed(demo_snapshot(), "/history.atom")
    assert feed.feed.id == "tag:hpmls-status.example,2005:/history"
    numbers = {incident.number for incident in (*demo_snapshot().incidents, *demo_snapshot().maintenances)}
    assert {entry.id for entry in feed.entries} == {f"tag:hpmls-status.example,2005:Incident/{n}" for n in numbers}


def test_it_uses_the_link_as_guid_in_the_history_and_the_update_in_updates():
    history, updates = (etree.fromstring(feeds(demo_snapshot())[f"/{name}.rss"]) for name in ("history", "updates"))
    assert [item.findtext("guid") == item.findtext("link") for item in history.iter("item")] == [True] * 8
    assert {guid.get("isPermaLink") for guid in history.iter("guid")} == {"true"}
    assert {guid.get("isPermaLink") for guid in updates.iter("guid")} == {"false"}
    assert len({item.findtext("link") for item in updates.iter("item")}) == UPDATES


def test_it_names_an_author():
    assert parsed(demo_snapshot(), "/history.atom").feed.author == "Harbor & Pines MLS"


def test_it_tells_everything_that_was_said_newest_first():
    incident = next(item for item in demo_snapshot().incidents if item.reference == "HP-2026-0404")
    feed = parsed(demo_snapshot(), "/history.atom")
    html = next(entry for entry in feed.entries if entry.title == incident.title).content[0].value
    places = [html.index(update.body[:30].replace("'", "&#39;")) for update in reversed(incident.updates)]
    assert places == sorted(places)
    assert "Apr 5, 2026, 7:05 AM CT" in html


def test_r43_it_tells_the_headings_under_their_titles_and_the_footnote_last():
    said = {"body": "", "headings": Headings("It broke.", "Fixing."), "footnote": "Tiles too."}
    html = content(with_words(**said))
    places = [html.index(text) for text in ("What happened", "It broke.", "What we are doing", "Fixing.", "Tiles too.")]
    assert places == sorted(places)
    assert "How to reach" not in html


def test_it_tells_planned_work_when_it_is_planned():
    ahead = demo_snapshot(at=datetime(2025, 10, 30, 12, tzinfo=UTC))
    entry = parsed(ahead, "/history.atom").entries[0]
    assert entry.published == "2025-10-27T14:00:00+00:00"
    assert "Nov 2, 2025, 12:30 AM CT - Nov 2, 2025, 3:00 AM CT" in entry.content[0].value


def test_it_gives_each_update_its_promise_and_its_place_on_the_page():
    snapshot = demo_snapshot(outage=True)
    update, entry = snapshot.open_incidents[0].updates[0], parsed(snapshot, "/updates.atom").entries[0]
    assert entry.title == "Investigating: Member dashboard sign-in down"
    assert entry.link == f"{SITE}/incidents/{snapshot.open_incidents[0].id}#update-{update.number}"
    assert "Next update by Apr 4, 2026, 10:30 PM CT." in entry.content[0].value


def test_it_never_changes_an_entry_that_was_read_before():
    before = {entry.id: entry for entry in parsed(demo_snapshot(outage=True), "/updates.atom").entries}
    after = {
        entry.id: entry for entry in parsed(demo_snapshot(at=EASTER + timedelta(hours=1)), "/updates.atom").entries
    }
    kept = before.keys() & after.keys()
    assert len(after.keys() - before.keys()) == 1
    assert all(before[key] == after[key] for key in kept)


def test_it_moves_the_feeds_date_only_when_something_was_said():
    quiet, later = demo_snapshot(), replace(demo_snapshot(), as_of=demo_snapshot().as_of + timedelta(days=1))
    assert feeds(quiet) == feeds(later)
    assert parsed(quiet, "/history.atom").feed.updated == "2026-07-19T17:00:00+00:00"


def test_it_dates_rss_as_rss_wants():
    root = etree.fromstring(feeds(demo_snapshot())["/history.rss"])
    assert parsedate_to_datetime(root.findtext("channel/lastBuildDate")) == datetime(2026, 7, 19, 17, tzinfo=UTC)
    assert all(parsedate_to_datetime(item.findtext("pubDate")) for item in root.iter("item"))


def test_it_keeps_to_the_newest():
    sample = demo_snapshot().incidents[0]
    many = [
        replace(renumbered(sample, number), started_at=sample.started_at + timedelta(days=number))
        for number in range(1, 41)
    ]
    snapshot = snapshot_with(demo_components(), many)
    history, updates = (parsed(snapshot, path).entries for path in ("/history.atom", "/updates.atom"))
    assert [entry.id.rpartition("/")[2] for entry in history] == [str(n) for n in range(40, 40 - INCIDENTS, -1)]
    assert len(updates) == UPDATES
    moments = [entry.published for entry in updates]
    assert moments == sorted(moments, reverse=True)


def test_it_keeps_a_components_feed_shorter():
    sample = demo_snapshot().incidents[0]
    snapshot = snapshot_with(demo_components(), [renumbered(sample, number) for number in range(1, 41)])
    slug = sample.components[0].slug
    assert len(parsed(snapshot, f"/components/{slug}/history.atom").entries) == COMPONENT_INCIDENTS
    assert len(parsed(snapshot, f"/components/{slug}/updates.rss").entries) == COMPONENT_UPDATES


def test_it_tells_a_component_only_what_touches_it():
    showings = parsed(demo_snapshot(), "/components/showings/history.atom")
    touching = {item.title for item in demo_snapshot().incidents if "showings" in {c.slug for c in item.components}}
    assert {entry.title for entry in showings.entries} == touching
    assert touching
    assert parsed(demo_snapshot(), "/components/help-desk/history.atom").entries == []


def test_it_offers_four_feeds_for_the_page_and_four_per_component():
    paths = [part.path for part in feed_parts(demo_snapshot())]
    assert paths[:4] == WHOLE_PAGE
    assert len(paths) == len(set(paths)) == 4 * (1 + len(demo_components()))
    assert {part.media_type for part in feed_parts(demo_snapshot())} == {ATOM, RSS}


@pytest.mark.parametrize("path", ["/history.atom", "/updates.rss"])
def test_it_survives_any_character_and_shows_markup_as_text(path: str):
    snapshot = with_words(body="\x00\x0b\ud800 <script>alert(1)</script> ]]> & \uffff", headings=Headings())
    titled = replace(snapshot.incidents[0], title="A\x08 <b> & ]]> title\ufffe")
    feed = parsed(replace(snapshot, incidents=(titled, *snapshot.incidents[1:])), path)
    assert not feed.bozo
    raw = etree.fromstring(feeds(snapshot)[path])
    texts = [element.text or "" for element in raw.iter(f"{ATOM_NAMESPACE}content", "description")]
    assert any("&lt;script&gt;alert(1)&lt;/script&gt;" in text for text in texts)
    assert not any("<script" in text for text in texts)


def test_it_says_where_the_time_of_an_imported_update_is_unknown():
    assert "time unknown" in content(with_words(display_at=None))


def test_it_depends_on_the_records_of_a_component_and_on_no_others():
    before = {part.path: part.inputs for part in feed_parts(demo_snapshot(outage=True))}
    after = {part.path: part.inputs for part in feed_parts(demo_snapshot(at=EASTER + timedelta(hours=1)))}
    moved = {path for path in before if before[path] != after[path]}
    touched = ("/history", "/updates", "/components/sso-dashboard/", "/components/mfa-codes/")
    assert moved
    assert all(path.startswith(touched) for path in moved)
