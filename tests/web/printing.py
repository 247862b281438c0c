"""Publishing the telephone line's part of what a console's database says, as the worker does."""

from collections.abc import Iterator

from app.publish.parts import Part
from app.publish.plain import plain_parts
from app.publish.publisher import Publisher
from app.publish.sinks import MemorySink
from app.publish.snapshot import PublicSnapshot
from app.publish.voice import voice_parts
from tests.web.consoles import Console

SITE = "https://status.mls.example"


def publish(console: Console) -> MemorySink:
    """Publish the state of this moment; the memory with its edition."""
    memory = MemorySink()
    Publisher(console.database, [memory], _spoken_parts, public_url=SITE, owner="test", clock=console.time).publish()
    return memory


def _spoken_parts(snapshot: PublicSnapshot) -> Iterator[Part]:
    yield from plain_parts(snapshot)
    yield from voice_parts(snapshot)
