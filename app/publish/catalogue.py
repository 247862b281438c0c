"""The list of all public documents: every part of a snapshot, from every module that makes some."""

from collections.abc import Iterator

from app.publish.parts import Part
from app.publish.snapshot import PublicSnapshot


def all_parts(snapshot: PublicSnapshot) -> Iterator[Part]:
    """Every public document of this snapshot, not yet rendered."""
    raise NotImplementedError
