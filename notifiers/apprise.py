"""Other chats, through the library Apprise. Off unless an installation allows a kind of address.

Apprise can write files, run programs and post to any host. Only kinds whose host is the vendor's own
are used (`PLUGINS`), so that no address from a stranger names a host. It says only
whether a message was taken, not why not: it may have been shown, and no chat keeps a log that could
be asked. So what was not taken is never sent again, and the board says so: nobody is told twice.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from apprise import NotifyBase, NotifyFormat
from apprise.exception import AppriseException
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.google_chat import NotifyGoogleChat
from apprise.plugins.telegram import NotifyTelegram
from apprise.plugins.webexteams import NotifyWebexTeams

from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy

PLUGINS: Mapping[str, type[NotifyBase]] = {
    "discord": NotifyDiscord,
    "gchat": NotifyGoogleChat,
    "tgram": NotifyTelegram,
    "wxteams": NotifyWebexTeams,
}
"""Each posts to one host of its vendor, whatever the address says (a test looks). No other is ever loaded."""

BATCH = 20
_THREADS = 8

# Its log names addresses, and those are secrets.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


class Apprise:
    """The channel for chats that have no notifier of their own. `schemes` are the kinds that are allowed."""

    name = "apprise"
    batch = BATCH

    def __init__(self, schemes: Collection[str], *, timeout: float = 10.0) -> None:
        self._schemes = PLUGINS.keys() & set(schemes)
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="apprise")

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        """One message each, outside the event loop: the library waits where it stands."""
        loop = asyncio.get_running_loop()
        return await asyncio.gather(*(loop.run_in_executor(self._threads, self._send, notice) for notice in notices))

    async def find(self, notice: Notice, since: datetime) -> Receipt | None:  # noqa: ARG002 - the contract's
        """Never answers: chats keep no log that we could ask.

        Raises:
            DeliveryError: always, for good.
        """
        raise _unclear()

    async def close(self) -> None:
        """Wait for messages under way."""
        await asyncio.to_thread(self._threads.shutdown)

    def _send(self, notice: Notice) -> Outcome:
        plugin = self._plugin(notice.address)
        if plugin is None:
            words = "This is not an address of a chat that is allowed here."
            return DeliveryError(words, remedy=Remedy.FIX_ADDRESS, permanent=True, code="refused")
        plugin.socket_connect_timeout = plugin.socket_read_timeout = self._timeout / 2
        if plugin.notify(title=notice.subject, body=notice.text, body_format=NotifyFormat.TEXT):
            return Receipt(notice.delivery_id, is_final=True)
        return _unclear()

    def _plugin(self, address: str) -> NotifyBase | None:
        """The plugin for an address; none where its kind is not allowed. Options could hold us up, and are refused."""
        scheme, separator, _ = address.partition("://")
        if not separator or scheme.lower() not in self._schemes or "?" in address:
            return None
        kind = PLUGINS[scheme.lower()]
        try:
            found = kind.parse_url(address)
            return kind(**found) if found else None
        except (AppriseException, TypeError, ValueError):
            return None


def _unclear() -> DeliveryError:
    words = "The chat did not say that it took the message. It may have, so it is not sent a second time."
    return DeliveryError(words, remedy=Remedy.RECONCILE, permanent=True, code="unconfirmed")
