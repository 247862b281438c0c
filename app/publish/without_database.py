"""Publishing while the database is away: the last public state with the posts applied, into the sinks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from app.domain.errors import UnavailableError
from app.domain.spooled_posts import SpooledPost, with_post
from app.publish.documents import Edition
from app.publish.kept_snapshot import keep_snapshot, kept_snapshot
from app.publish.publisher import Press, Render
from app.publish.sinks import Sink
from app.publish.snapshot import PublicSnapshot
from app.publish.spool import Spool


class WithoutDatabase:
    """Publishes posts from the kept state. `render` and `sinks` are those of the publisher.

    `shown` is the edition that readers have, whose unchanged documents are not compressed again.
    """

    def __init__(
        self, kept: Path, spool: Spool, sinks: Sequence[Sink], render: Render, shown: Callable[[], Edition | None]
    ) -> None:
        self._kept, self._spool, self._sinks, self._render, self._shown = kept, spool, sinks, render, shown
        self._busy = Lock()

    def snapshot(self) -> PublicSnapshot:
        """The public state as it was shown last.

        Raises:
            UnavailableError: none was kept.
        """
        return kept_snapshot(self._kept)[1]

    def publish(self, post: SpooledPost) -> Edition | None:
        """Keep the post for the database, and show it; None when a post with this key waits already.

        The post is on disk before the page shows it, and the state with it is kept before the next.

        Raises:
            UnavailableError: no state was kept, or an older one, or the disk is full; nothing was published.
            NotFoundError, RefusedError: as `with_post`.
        """
        with self._busy:
            if self._spool.has(post.key):
                return None
            generation, before = kept_snapshot(self._kept)
            incidents, components = with_post(before.incidents, before.components, post)
            after = replace(before, as_of=post.at, incidents=incidents, components=components)
            shown = self._shown()
            if shown is not None and shown.generation > generation:
                raise UnavailableError("The page is newer than the state that was kept; nothing was published.")
            edition = Press(shown.documents if shown else {}).print(generation + 1, after, self._render(after))
            self._spool.put(post)
            keep_snapshot(self._kept, generation + 1, after)
            for sink in self._sinks:
                sink.put(edition)
            return edition
