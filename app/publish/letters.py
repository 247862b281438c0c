"""Makes what goes on the wire: the message of a notice, addressed to one subscriber."""

import threading
from collections.abc import Callable
from datetime import datetime

from app.domain.channels import Channel
from app.domain.errors import UnavailableError
from app.domain.hooks import without_secret
from app.publish.message_templates import Templates, Written
from app.publish.messages import Message, Recipient, addressed, message_of
from app.publish.snapshot import PublicSnapshot
from app.store.chunks import Claimed
from app.store.notices import NoticeRow
from app.store.signed_links import Links
from notifiers.base import Notice

_REMEMBERED = 200


class Composer:
    """Composes deliveries. A message is made once for each notice, channel and language.

    `snapshot` gives the public state, `rehearsal` the same with the drills that the public never
    sees. `written` are the organisation's own
    templates as of a moment: a notice keeps the words that held when it was made, so that its text
    is found again in the provider's log. May be called from several threads.
    """

    def __init__(
        self,
        snapshot: Callable[[], PublicSnapshot],
        links: Links,
        *,
        written: Callable[[datetime], Written] = lambda _: {},
        rehearsal: Callable[[], PublicSnapshot] | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._rehearsal = rehearsal or snapshot
        self._links = links
        self._written = written
        self._messages: dict[tuple[int | None, str, str], Message] = {}
        self._lock = threading.Lock()

    def __call__(self, notice: NoticeRow, claimed: Claimed) -> Notice:
        """The notice as it goes to this subscriber.

        Raises:
            UnavailableError: the subscription is gone, or its address cannot be read.
        """
        if claimed.cipher is None:
            raise UnavailableError("This subscription is gone.")
        channel, message = Channel(claimed.channel), self._message(notice, claimed)
        address, secret = without_secret(self._links.vault.open(claimed.cipher))
        # In a chat everybody would hold the links: whoever confirmed it has them. Nobody leaves the copy (R23).
        has_links = not channel.is_chat and not claimed.is_copy
        recipient = Recipient(
            delivery_id=str(claimed.delivery_id),
            address=address,
            manage_url=self._links.manage(claimed.subscription_id, message.language) if has_links else "",
            stop_url=self._links.stop(claimed.subscription_id, message.language) if has_links else "",
            secret=secret,
        )
        return addressed(message, recipient)

    def _message(self, notice: NoticeRow, claimed: Claimed) -> Message:
        key = (notice.id, claimed.channel, claimed.language)
        with self._lock:
            if key not in self._messages:
                if len(self._messages) >= _REMEMBERED:
                    self._messages.clear()
                self._messages[key] = self._made(notice, claimed)
            return self._messages[key]

    def _made(self, notice: NoticeRow, claimed: Claimed) -> Message:
        snapshot = self._rehearsal() if notice.is_drill else self._snapshot()
        spoken = snapshot.organisation.languages
        language = claimed.language if claimed.language in spoken else spoken[0]
        templates = Templates(self._written(notice.created_at))
        return message_of(notice.content, snapshot, Channel(claimed.channel), language, templates)
