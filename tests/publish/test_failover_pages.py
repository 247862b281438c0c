"""What stands at the MLS's own names while they point here."""

import json
from urllib.parse import urlsplit

import pytest
from lxml import html

from app.publish.addresses import failover_paths
from app.publish.catalogue import all_parts
from app.publish.documents import HTML, JSON, TEXT
from app.publish.failover_pages import failover_parts, service_at
from app.publish.snapshot import PublicSnapshot
from tests.publish.snapshots import demo_snapshot

DASHBOARD = "dashboard.hpmls.example"
HOSTS = ("www.hpmls.example", "hpmls.example", DASHBOARD)


def made(snapshot: PublicSnapshot, host: str) -> tuple[str, dict, str]:
    """The page, the facts and the text of one host."""
    sources = {part.path: part.source().body.decode() for part in failover_parts(snapshot, HOSTS)}
    paths = failover_paths(host)
    return sources[paths.html], json.loads(sources[paths.json]), sources[paths.text]


def test_it_names_the_service_asked_for_and_the_doors_that_work():
    page, facts, text = made(demo_snapshot(outage=True), DASHBOARD)
    words = " ".join(html.fromstring(page).text_content().split())
    assert "Member dashboard" in words
    assert f"You asked for Member dashboard ({DASHBOARD}). Until it is back, this page stands in for it." in words
    assert "https://signin.quillforms.example" in page
    assert facts["component"] == "sso-dashboard"
    assert {"component": "forms", "url": "https://signin.quillforms.example"} in facts["ways_in"]
    assert facts["next_update_at"] == "2026-04-05T03:30:00+00:00"
    assert text.startswith(f"You asked for Member dashboard ({DASHBOARD}).")
    assert "- Contract forms: https://signin.quillforms.example" in text


def test_it_says_the_verdict_where_no_component_lives_at_the_name():
    page, facts, _ = made(demo_snapshot(outage=True), "www.hpmls.example")
    assert "You asked for www.hpmls.example. Until it is back" in page
    assert facts["component"] is None
    assert facts["error"] == "service_unavailable"
    assert "not just you" in facts["message"]


@pytest.mark.parametrize("host", HOSTS)
def test_it_tells_who_still_lands_here_that_it_is_over(host):
    page, facts, text = made(demo_snapshot(), host)
    for told in (page, facts["message"], text):
        assert f"still remembers an old address of {host}" in told


def test_its_page_asks_its_own_host_for_nothing():
    page, _, _ = made(demo_snapshot(outage=True), DASHBOARD)
    tree = html.fromstring(page)
    assert not tree.xpath("//script | //form | //img | //link[@rel='stylesheet']")
    links = [href for href in tree.xpath("//a/@href") if not href.startswith(("#", "tel:"))]
    assert links
    for href in links:
        assert urlsplit(href).scheme == "https", href
        assert urlsplit(href).hostname not in HOSTS, href


def test_it_knows_a_service_by_the_address_nearest_the_root():
    components = demo_snapshot().components
    assert service_at(components, DASHBOARD).slug == "sso-dashboard"
    assert service_at(reversed(components), DASHBOARD).slug == "sso-dashboard"
    assert service_at(components, "elsewhere.example") is None


def test_it_is_part_of_an_edition_only_for_the_names_in_the_list():
    paths = {part.path: part.media_type for part in all_parts(demo_snapshot(), [DASHBOARD])}
    mine = failover_paths(DASHBOARD)
    assert {path: kind for path, kind in paths.items() if path.startswith("/failover/")} == {
        mine.html: HTML,
        mine.json: JSON,
        mine.text: TEXT,
    }
    assert not [part for part in all_parts(demo_snapshot()) if part.path.startswith("/failover/")]


def test_it_stays_small():
    page, _, _ = made(demo_snapshot(outage=True), DASHBOARD)
    assert len(page.encode()) < 20_000
