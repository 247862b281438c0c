"""Atom and RSS: one entry per incident, and one per update, for the whole page and per component.

`/history` has one entry per incident with everything that was said, as Statuspage's has.
`/updates` has one entry per update that never changes its id: chat readers notice only new ids.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from heapq import nlargest
from zoneinfo import ZoneInfo

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from markupsafe import Markup

from app.domain.components import Component
from app.domain.incidents import IncidentUpdate
from app.domain.maintenance import Maintenance
from app.domain.text import printable
from app.publish.addresses import absolute, component_path, host, incident_path, update_path
from app.publish.documents import ATOM, RSS, Effort
from app.publish.language import Language
from app.publish.markup import body_html
from app.publish.parts import Part
from app.publish.snapshot import PublicSnapshot
from app.publish.wording import Record, Update, headings, own_words, told

INCIDENTS, UPDATES = 25, 50
"""Entries in the feeds of the whole page; 25 incidents as Statuspage has it."""

COMPONENT_INCIDENTS, COMPONENT_UPDATES = 10, 20
"""Entries in the feeds of one component: there are four for each, and one update renews several."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed is about: the whole page, or one component. Its paths begin with `root`."""

    root: str
    about: str
    link: str
    public_url: str
    organisation: str
    zone: ZoneInfo
    began_at: datetime
    incidents: int = INCIDENTS
    updates: int = UPDATES


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `tag` is its identity for ever; `html` is safe to show."""

    tag: str
    title: str
    html: Markup
    link: str
    published_at: datetime
    updated_at: datetime


def feed_parts(snapshot: PublicSnapshot) -> Iterator[Part]:
    """Every feed of the page, then those of each component."""
    records: tuple[Record, ...] = (*snapshot.incidents, *snapshot.maintenances)
    organisation = snapshot.organisation
    about = f"{organisation.name} Status"
    yield from _four_parts(_feed(snapshot, "", about, "/", organisation.created_at), records)
    touching: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        for slug in {component.slug for component in record.components}:
            touching[slug].append(record)
    for component in snapshot.components:
        yield from component_feed_parts(snapshot, component, touching[component.slug])


def component_feed_parts(snapshot: PublicSnapshot, component: Component, records: Iterable[Record]) -> Iterator[Part]:
    """The feeds of one component, given the incidents and works that touch it."""
    path = component_path(component.slug)
    about = f"{snapshot.organisation.name} Status - {component.short_name}"
    feed = _feed(snapshot, path, about, path, component.created_at)
    feed = replace(feed, incidents=COMPONENT_INCIDENTS, updates=COMPONENT_UPDATES)
    yield from _four_parts(feed, tuple(records))


def newest_entry(snapshot: PublicSnapshot, record: Record) -> Entry:
    """The entry of a record's newest update, as it stands in the feed of updates."""
    return _updates(_feed(snapshot, "", "", "/", snapshot.organisation.created_at), [record])[0]


def _feed(snapshot: PublicSnapshot, root: str, about: str, path: str, began_at: datetime) -> Feed:
    return Feed(
        root=root,
        about=about,
        link=absolute(snapshot.public_url, path),
        public_url=snapshot.public_url,
        organisation=snapshot.organisation.name,
        zone=snapshot.organisation.zone,
        began_at=began_at,
    )


def _four_parts(feed: Feed, records: tuple[Record, ...]) -> Iterator[Part]:
    yield Part(f"{feed.root}/history.atom", history_atom, (feed, records), ATOM, Effort.QUICK)
    yield Part(f"{feed.root}/history.rss", history_rss, (feed, records), RSS, Effort.QUICK)
    yield Part(f"{feed.root}/updates.atom", updates_atom, (feed, records), ATOM, Effort.QUICK)
    yield Part(f"{feed.root}/updates.rss", updates_rss, (feed, records), RSS, Effort.QUICK)


def history_atom(feed: Feed, records: Iterable[Record]) -> bytes:
    """The newest incidents and works, each with all that was said, as Atom."""
    return _atom(feed, "history", "Incident History", _history(feed, records))


def history_rss(feed: Feed, records: Iterable[Record]) -> bytes:
    """The same as RSS."""
    return _rss(feed, "history", "Incident History", _history(feed, records), is_permalink=True)


def updates_atom(feed: Feed, records: Iterable[Record]) -> bytes:
    """The newest updates, each for itself, as Atom."""
    return _atom(feed, "updates", "Updates", _updates(feed, records))


def updates_rss(feed: Feed, records: Iterable[Record]) -> bytes:
    """The same as RSS."""
    return _rss(feed, "updates", "Updates", _updates(feed, records), is_permalink=False)


def _history(feed: Feed, records: Iterable[Record]) -> list[Entry]:
    newest = sorted(records, key=lambda record: (_announced_at(record), record.number), reverse=True)[: feed.incidents]
    language = Language("en", feed.zone)
    return [
        Entry(
            tag=_tag(feed, f"Incident/{record.number}"),
            title=record.title,
            html=_whole(record, language),
            link=absolute(feed.public_url, incident_path(record.id)),
            published_at=_announced_at(record),
            updated_at=max(record.updated_at, _announced_at(record)),
        )
        for record in newest
    ]


def _announced_at(record: Record) -> datetime:
    """When members could first hear of it: planned work is news when it is planned."""
    return record.created_at if isinstance(record, Maintenance) else record.started_at


def _updates(feed: Feed, records: Iterable[Record]) -> list[Entry]:
    language = Language("en", feed.zone)
    lines = ((*line, record) for record in records for line in told(record, language))
    newest = nlargest(feed.updates, lines, key=lambda line: (line[0].said_at, line[0].number))
    return [
        Entry(
            tag=_tag(feed, f"Update/{update.number}"),
            title=f"{word}: {record.title}",
            html=_words(update, language) + _promise(update, language),
            link=absolute(feed.public_url, update_path(record.id, update.number)),
            published_at=update.said_at,
            updated_at=max(update.updated_at, update.said_at),
        )
        for update, word, record in newest
    ]


def _tag(feed: Feed, name: str) -> str:
    """A tag URI (RFC 4151) as Statuspage forms them."""
    return f"tag:{host(feed.public_url)},2005:{name}"


@lru_cache(maxsize=1024)
def _whole(record: Record, language: Language) -> Markup:
    """All that was said. Kept, because the same record stands in Atom and RSS and below each component."""
    return _window(record, language) + Markup().join(_said(*line, language) for line in told(record, language))


def _window(record: Record, language: Language) -> Markup:
    if not isinstance(record, Maintenance):
        return Markup()
    window = f"{language.exactly(record.scheduled_for)} - {language.exactly(record.scheduled_until)}"
    return Markup("<p><strong>Planned for</strong> {}</p>").format(window)


def _said(update: Update, word: str, language: Language) -> Markup:
    at = language.exactly(update.display_at) if update.display_at else "time unknown"
    return Markup("<p><small>{}</small><br><strong>{}</strong></p>").format(at, word) + _words(update, language)


def _words(update: Update, language: Language) -> Markup:
    """All that the update says, in the order of `wording.full_text`."""
    parts = [_typed(own_words(update))]
    for title, text in headings(update, language):
        parts += [Markup("<p><strong>{}</strong></p>").format(title), _typed(text)]
    if isinstance(update, IncidentUpdate):
        parts.append(_typed(update.footnote))
    return Markup().join(parts)


def _typed(text: str) -> Markup:
    return body_html(printable(text))


def _promise(update: Update, language: Language) -> Markup:
    if update.next_update_at is None:
        return Markup()
    return Markup("<p>Next update by {}.</p>").format(language.exactly(update.next_update_at))


def _atom(feed: Feed, name: str, title: str, entries: list[Entry]) -> bytes:
    made = _generator(feed, f"{feed.root}/{name}", ".atom", title, entries)
    for entry in entries:
        made.add_entry(_made(entry), order="append")
    return bytes(made.atom_str())


def _rss(feed: Feed, name: str, title: str, entries: list[Entry], *, is_permalink: bool) -> bytes:
    made = _generator(feed, f"{feed.root}/{name}", ".rss", title, entries)
    for entry in entries:
        item = _made(entry)
        if is_permalink:
            item.guid(entry.link, permalink=True)
        made.add_entry(item, order="append")
    return bytes(made.rss_str())


def _generator(feed: Feed, path: str, ending: str, title: str, entries: list[Entry]) -> FeedGenerator:
    """A feed without entries. Everything feedgen would fill in from the clock is set here."""
    made = FeedGenerator()
    made.id(_tag(feed, path))
    made.title(printable(f"{feed.about} - {title}"))
    made.subtitle(printable(f"What {feed.organisation} tells its members when something is wrong or planned."))
    made.author(name=printable(feed.organisation))
    made.language("en")
    made.generator("Porchlight")
    made.docs("https://www.rssboard.org/rss-specification")
    made.updated(max((entry.updated_at for entry in entries), default=feed.began_at))
    made.link(href=absolute(feed.public_url, path + ending), rel="self", type=_MEDIA_TYPES[ending])
    # RSS takes the last link for its channel, so the page itself comes last.
    made.link(href=feed.link, rel="alternate", type="text/html")
    return made


_MEDIA_TYPES = {".atom": "application/atom+xml", ".rss": "application/rss+xml"}


def _made(entry: Entry) -> FeedEntry:
    made = FeedEntry()
    made.id(entry.tag)
    made.title(printable(entry.title))
    made.link(href=entry.link, rel="alternate", type="text/html")
    made.content(str(entry.html), type="html")
    made.published(entry.published_at)
    made.updated(entry.updated_at)
    return made
