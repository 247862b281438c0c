"""Made-up editions that name their generation, and what must hold wherever one is stored."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from app.publish.directory import load_edition
from app.publish.documents import ATOM, HTML, JSON, TEXT, Document, Edition, Source, compress
from app.publish.manifest import MANIFEST, file_name

AS_OF = datetime(2026, 10, 9, 22, 30, 15, 250_000, tzinfo=UTC)
LIVING = ("/", "/history", "/es/", "/es/incidents/a1", "/404")


@lru_cache(maxsize=2_000)
def document(path: str, media_type: str, text: str, modified_at: datetime) -> Document:
    return compress(Source(path, media_type, (text * 40).encode()), modified_at)


def edition(generation: int, *, also: tuple[str, ...] = ()) -> Edition:
    """Documents that all name their generation, three that never change, and one that changes back and forth."""
    as_of = AS_OF + timedelta(seconds=generation)
    living = [document(path, HTML, f"generation {generation} of {path}; ", as_of) for path in (*LIVING, *also)]
    living.append(document("/api/v2/summary.json", JSON, f"generation {generation} of summary; ", as_of))
    weather = "A storm, for one generation. " if generation % 4 == 0 else "Fair. "
    lasting = [
        document("/weather", HTML, weather, AS_OF),
        document("/text", TEXT, "Everything is working. ", AS_OF),
        document("/history.atom", ATOM, "<feed/>", AS_OF),
        document("/incidents/a1", HTML, "An old story. ", AS_OF),
    ]
    return Edition(generation, as_of, {one.path: one for one in [*living, *lasting]})


def generations(read: Edition) -> set[int]:
    """The generations that the living documents of an edition say they are of."""
    return {int(one.body.split()[1]) for one in read.documents.values() if one.body.startswith(b"generation")}


def assert_whole(root: Path, *expected: int) -> Edition:
    """What the directory gives is one of these editions, to the byte, in memory and as files."""
    read = load_edition(root)
    assert read is not None
    assert read.generation in expected
    assert read == edition(read.generation)
    for one in read.documents.values():
        plain = root / "current" / file_name(one.path, one.media_type)
        assert plain.read_bytes() == one.body
        assert plain.with_name(f"{plain.name}.gz").read_bytes() == one.gzip
        assert plain.with_name(f"{plain.name}.br").read_bytes() == one.brotli
    return read


def assert_clean(root: Path) -> None:
    """Nothing lies about that no edition names."""
    assert {path.name for path in root.iterdir()} <= {"a", "b", "current", "lock", "pulse.json"}
    files = {path.relative_to(root / "current").as_posix() for path in (root / "current").rglob("*") if path.is_file()}
    named = {
        file_name(one.path, one.media_type) + part
        for one in edition(1).documents.values()
        for part in ("", ".gz", ".br")
    }
    assert files == named | {MANIFEST, "documents.jsonl"}


def comes(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 3
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()
