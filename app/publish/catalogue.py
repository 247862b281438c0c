"""The list of all public documents: every part of a snapshot, from every module that makes some."""

from collections.abc import Iterable, Iterator

from app.publish.calendar import calendar_parts
from app.publish.failover_pages import failover_parts
from app.publish.feeds import feed_parts
from app.publish.pages import page_parts
from app.publish.parts import Part
from app.publish.plain import plain_parts
from app.publish.snapshot import PublicSnapshot
from app.publish.statuspage import statuspage_parts
from app.publish.voice import voice_parts


def all_parts(snapshot: PublicSnapshot, failover_hosts: Iterable[str] = ()) -> Iterator[Part]:
    """Every public document of this snapshot, not yet rendered; also those for the MLS's own names.

    The page itself comes first, so that a sink that takes them in order has it first.
    """
    yield from page_parts(snapshot)
    yield from failover_parts(snapshot, failover_hosts)
    yield from plain_parts(snapshot)
    yield from voice_parts(snapshot)
    yield from statuspage_parts(snapshot)
    yield from feed_parts(snapshot)
    yield from calendar_parts(snapshot)
