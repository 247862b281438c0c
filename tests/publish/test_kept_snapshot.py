"""The public state on disk: exactly what was frozen, or nothing."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import UnavailableError
from app.publish.catalogue import all_parts
from app.publish.kept_snapshot import keep_snapshot, kept_snapshot
from tests.publish.snapshots import demo_snapshot


@pytest.mark.parametrize("outage", [False, True])
def test_what_is_kept_comes_back_equal(tmp_path: Path, outage: bool) -> None:
    snapshot = demo_snapshot(outage=outage)
    keep_snapshot(tmp_path / "snapshot.json", 7, snapshot)
    assert kept_snapshot(tmp_path / "snapshot.json") == (7, snapshot)


def test_the_pages_made_of_it_are_the_same_to_the_byte(tmp_path: Path) -> None:
    snapshot = demo_snapshot(outage=True)
    keep_snapshot(tmp_path / "snapshot.json", 7, snapshot)
    _, kept = kept_snapshot(tmp_path / "snapshot.json")
    again = {part.path: part.source().body for part in all_parts(kept)}
    assert again == {part.path: part.source().body for part in all_parts(snapshot)}


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    keep_snapshot(tmp_path / "snapshot.json", 1, demo_snapshot())
    assert stat.S_IMODE((tmp_path / "snapshot.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version": 1, "generation": 3}\n{"organisation": 1}', b"\xff\n"])
def test_what_cannot_be_read_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "snapshot.json").write_bytes(content)
    with pytest.raises(UnavailableError, match="was not kept in a form"):
        kept_snapshot(tmp_path / "snapshot.json")


def test_one_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    keep_snapshot(path, 1, demo_snapshot())
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 2', 1))
    with pytest.raises(UnavailableError, match="another version"):
        kept_snapshot(path)


def test_a_full_disk_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    keep_snapshot(path, 1, demo_snapshot())
    with pytest.raises(UnavailableError, match="cannot be kept"):
        keep_snapshot(Path("/dev/full/snapshot.json"), 2, replace(demo_snapshot(), public_url="x"))
    assert kept_snapshot(path)[0] == 1
