"""The publisher: freezes the public state, renders what moved, writes the sinks, advances the generation.

One works at a time (a lease in the database); the number of a generation is taken before
anything is rendered and never used twice, so that a crash burns a number and misleads nobody.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.channels import ALL_CHANNELS, Channel
from app.domain.errors import NotFoundError, UnavailableError
from app.publish.announcements import announcement_of
from app.publish.clock import next_change_at
from app.publish.documents import Document, Edition, compress, digest_of
from app.publish.freeze import Freezer
from app.publish.parts import Part
from app.publish.sinks import Sink
from app.publish.snapshot import PublicSnapshot
from app.store.announcements import keep_announcement
from app.store.outbox import has_unpublished, mark_published, unpublished
from app.store.publication import publication, release_lease, take_lease
from app.store.session import Database

LEASE = timedelta(seconds=60)
ASSETS = "/static/"
OLDER_ASSETS = 8

_log = logging.getLogger("porchlight.publish")

Render = Callable[[PublicSnapshot], Iterable[Part]]


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one run undertakes: a generation of its own and the events that it will carry."""

    generation: int
    events: tuple[int, ...]
    waiting_since: datetime | None


class Publisher:
    """Publishes on request. Safe to call from several threads and processes at once.

    Args:
        database: where the rows are.
        sinks: where documents go, in this order.
        render: all parts of a snapshot.
        public_url: the page's address, for links.
        owner: a name for this process's lease.
        clock: aware UTC now.
        known: what was published last. Its unchanged documents are not compressed again, its
            assets stay, and generations go on from there even if the database is younger.
        on_published: told of every generation with news, how long after the oldest of it.
        channels: those that can send; the page offers no other.
        newest: the generation that readers have, which may be ahead of the database's when
            somebody published without it.
        keep: keeps the public state, before its news counts as published.
    """

    def __init__(
        self,
        database: Database,
        sinks: Sequence[Sink],
        render: Render,
        *,
        public_url: str,
        owner: str,
        clock: Callable[[], datetime],
        known: Edition | None = None,
        on_published: Callable[[timedelta], None] = lambda _: None,
        channels: Set[Channel] = ALL_CHANNELS,
        newest: Callable[[], int] = lambda: 0,
        keep: Callable[[int, PublicSnapshot], None] = lambda _generation, _snapshot: None,
    ) -> None:
        self._on_published = on_published
        self._database = database
        self._sinks = sinks
        self._render = render
        self._owner = owner
        self._clock = clock
        self._freezer = Freezer(public_url, channels=channels)
        self._press = Press(known.documents if known else {})
        self._least_generation = known.generation if known else 0
        self._newest, self._keep = newest, keep
        self._busy = threading.Lock()

    def is_owed(self) -> bool:
        """Whether an event waits, or the clock has changed the page."""
        with self._database.read() as session:
            due = publication(session).next_change_at
            return has_unpublished(session) or (due is not None and due <= self._clock())

    def publish_if_owed(self) -> Edition | None:
        """Publish when something is owed; None when nothing was or another publisher is at work.

        Raises:
            UnavailableError: as `publish`.
        """
        with self._busy:
            return self._publish() if self.is_owed() else None

    def publish(self) -> Edition | None:
        """Publish the state of this moment, owed or not.

        Returns:
            The edition, or None when another publisher holds the lease or nothing is set up yet.

        Raises:
            UnavailableError: the database or a sink is out. The events stay owed; readers of a
                sink that failed still have the whole edition before.
        """
        with self._busy:
            return self._publish()

    def _publish(self) -> Edition | None:
        claim = self._claim()
        if claim is None:
            return None
        try:
            return self._carry_out(claim)
        finally:
            self._release()

    def _claim(self) -> _Claim | None:
        with self._database.transaction() as session:
            if not take_lease(session, self._owner, self._clock(), LEASE):
                return None
            row = publication(session)
            session.refresh(row)
            row.generation = max(row.generation, self._least_generation, self._newest()) + 1
            waiting = unpublished(session)
            since = waiting[0].created_at if waiting else None
            return _Claim(row.generation, tuple(event.id for event in waiting if event.id is not None), since)

    def _carry_out(self, claim: _Claim) -> Edition | None:
        try:
            with self._database.read() as session:
                snapshot = self._freezer.freeze(session, self._clock())
        except NotFoundError:
            self._finish(claim, None)
            return None
        edition = self._press.print(claim.generation, snapshot, self._render(snapshot))
        self._put(edition)
        if claim.waiting_since is not None:
            self._on_published(self._clock() - claim.waiting_since)
        self._try_to_keep(claim.generation, snapshot)
        self._finish(claim, snapshot)
        return edition

    def _try_to_keep(self, generation: int, snapshot: PublicSnapshot) -> None:
        """A state that cannot be kept must not keep readers from the news."""
        try:
            self._keep(generation, snapshot)
        except UnavailableError as error:
            _log.error("nothing could be published without the database from here on: %s", error)

    def _put(self, edition: Edition) -> None:
        """Every sink gets its chance: one that is out must not keep the others from the news."""
        failed: list[UnavailableError] = []
        for sink in self._sinks:
            try:
                sink.put(edition)
            except UnavailableError as error:
                _log.error("generation %d did not reach %s: %s", edition.generation, type(sink).__name__, error)
                failed.append(error)
        if failed:
            raise failed[0]

    def _finish(self, claim: _Claim, snapshot: PublicSnapshot | None) -> None:
        with self._database.transaction() as session:
            row = publication(session)
            mark_published(session, list(claim.events), claim.generation)
            if snapshot is not None:
                row.published_at, row.next_change_at = snapshot.as_of, next_change_at(snapshot)
                said = announcement_of(snapshot)
                keep_announcement(session, said.digest, said.scripts, said.as_of)

    def _release(self) -> None:
        with self._database.transaction() as session:
            release_lease(session, self._owner)


class Press:
    """Renders parts into documents and keeps both, so that only what moved is made again."""

    def __init__(self, known: Mapping[str, Document]) -> None:
        self._inputs: dict[str, tuple[object, ...]] = {}
        self._documents = dict(known)

    def print(self, generation: int, snapshot: PublicSnapshot, parts: Iterable[Part]) -> Edition:
        """An edition of these parts; documents whose inputs or bytes did not change are kept."""
        inputs: dict[str, tuple[object, ...]] = {}
        documents: dict[str, Document] = {}
        for part in parts:
            inputs[part.path] = part.inputs
            documents[part.path] = self._document(part, snapshot.as_of)
        documents |= self._older_assets(documents)
        self._inputs, self._documents = inputs, documents
        return Edition(generation=generation, as_of=snapshot.as_of, documents=documents)

    def _older_assets(self, documents: Mapping[str, Document]) -> dict[str, Document]:
        """The last assets of earlier versions: a page that a cache still holds asks for them by name."""
        older = [item for path, item in self._documents.items() if path.startswith(ASSETS) and path not in documents]
        newest = sorted(older, key=lambda item: item.modified_at, reverse=True)[:OLDER_ASSETS]
        return {item.path: item for item in newest}

    def _document(self, part: Part, now: datetime) -> Document:
        known = self._documents.get(part.path)
        if known is not None and self._inputs.get(part.path) == part.inputs:
            return known
        source = part.source()
        if known is not None and known.media_type == source.media_type and known.digest == digest_of(source.body):
            return known
        return compress(source, now, part.effort)
