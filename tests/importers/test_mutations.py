"""Whatever a stranger's file holds, an importer answers with records, skips, or one clear refusal."""

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.commands.imported import ImportedComponent, ImportedIncident, ImportedMaintenance, check_imported
from app.domain.errors import RefusedError
from app.importers.cstate import read_cstate
from app.importers.records import Importer, Record
from app.importers.registry import run_import
from app.importers.statuspage import read_statuspage
from app.importers.upptime import read_upptime
from app.store.session import Database
from tests.importers.world import FIXTURES, NOW, rows

DOCUMENT = json.loads((FIXTURES / "statuspage" / "incidents.json").read_text())
ISSUE = (FIXTURES / "cstate/content/issues/2026-01-05-lockers.md").read_bytes()
CONFIG = (FIXTURES / "cstate/config.yml").read_bytes()
EVENTS = (FIXTURES / "upptime/events.jsonl").read_bytes()

junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from(
        ["", "2026-02-30", "\ud800", "\x00", "<ul>", "x" * 30_000, "9999-12-31T23:59:59-14:00", "resolved"]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) within a structure."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from places(item)


@st.composite
def broken_documents(draw: st.DrawFn) -> Any:
    """The fixture with up to six values replaced by junk."""
    document = copy.deepcopy(DOCUMENT)
    for _ in range(draw(st.integers(1, 6))):
        container, key = draw(st.sampled_from(list(places(document)) or [(document, "incidents")]))
        container[key] = draw(junk)
    return document


@st.composite
def broken_bytes(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file with a few stretches cut out or overwritten."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 12))
        content[start : start + length] = draw(st.one_of(st.binary(max_size=6), st.text(max_size=6).map(_encoded)))
    return bytes(content)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def check_all(importer: Importer, path: Path) -> None:
    """Every record can be taken in, and every component it names is there."""
    try:
        records = list(importer(path, NOW))
    except RefusedError:
        return
    known = {item.external_id for item in records if isinstance(item, ImportedComponent)}
    for item in records:
        check_one(item, known)


def check_one(item: Record, known: set[str]) -> None:
    repr(item).encode("utf-8")
    if isinstance(item, ImportedIncident | ImportedMaintenance):
        check_imported(item)
        named = {*item.states, *(change.component for update in item.updates for change in update.changes)}
        assert named <= known
        assert "\x00" not in "".join(update.body for update in item.updates)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for broken files, used over and over."""
    return tmp_path_factory.mktemp("broken")


@given(document=broken_documents())
def test_no_statuspage_document_breaks_the_importer(folder: Path, document: Any) -> None:
    path = folder / "incidents.json"
    path.write_text(json.dumps(document))
    check_all(read_statuspage, path)


@given(issue=broken_bytes(ISSUE), config=st.one_of(st.just(CONFIG), broken_bytes(CONFIG)))
def test_no_cstate_site_breaks_the_importer(folder: Path, issue: bytes, config: bytes) -> None:
    site = folder / "site"
    (site / "content/issues").mkdir(parents=True, exist_ok=True)
    (site / "config.yml").write_bytes(config)
    (site / "content/issues/it.md").write_bytes(issue)
    check_all(read_cstate, site)


@given(events=broken_bytes(EVENTS))
def test_no_upptime_repository_breaks_the_importer(folder: Path, events: bytes) -> None:
    repository = folder / "repository"
    (repository / "history").mkdir(parents=True, exist_ok=True)
    (repository / "events.jsonl").write_bytes(events)
    check_all(read_upptime, repository)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=broken_documents())
def test_what_was_read_can_be_kept_and_kept_again(sqlite_database: Database, folder: Path, document: Any) -> None:
    path = folder / "incidents.json"
    path.write_text(json.dumps(document))
    try:
        first = run_import(sqlite_database, "statuspage", path, now=NOW)
    except RefusedError:
        return
    before = rows(sqlite_database)
    second = run_import(sqlite_database, "statuspage", path, now=NOW)
    assert rows(sqlite_database) == before
    assert second.unchanged == first.created + first.changed + first.unchanged


def test_a_folder_of_the_wrong_kind_is_refused_by_every_importer(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES, tmp_path / "everything")
    for importer in (read_statuspage, read_cstate, read_upptime):
        with pytest.raises(RefusedError):
            list(importer(tmp_path / "everything", NOW))
