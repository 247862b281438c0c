"""Opening what strangers made."""

import os
from pathlib import Path

import pytest

from app.domain.errors import RefusedError
from app.importers.reading import file_in, files_in, parse_yaml, read_json, read_text, read_yaml


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfwords")
    assert read_text(path) == "words"


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_bytes(b"x" * (1024 * 1024 + 1))
    with pytest.raises(RefusedError, match=r"“a\.yml” is larger than 1 MB"):
        read_yaml(path)


def test_a_pipe_or_a_folder_is_not_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "missing"):
        with pytest.raises(RefusedError, match="There is no file"):
            read_text(path)


def test_json_is_refused_with_its_position(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{\n  "a": 1,\n  b: 2\n}')
    with pytest.raises(RefusedError, match="line 3, column 3"):
        read_json(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [1, 2\nb: 3\n", "is not YAML: see line 2"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "uses the YAML alias “a”"),
        ("a: &a {x: 1}\nb:\n  <<: [*a, *a]\n", "uses the YAML alias"),
        ("[" * 5_000 + "]" * 5_000, "cannot be read"),
        ("- x\n" * 60_000, "more than 50,000 values"),
        ("a: !!python/object/apply:os.system [ls]\n", "is not YAML"),
        ("a: 2026-99-99\n", "cannot be read"),
        ("a: " + "9" * 5_000 + "\n", "cannot be read"),
        ("a: b\n\x07", "cannot be read"),
        ("? {a: b}\n: c\n", "is not YAML"),
    ],
)
def test_yaml_that_is_malformed_or_meant_to_hurt_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        parse_yaml(text, "a.yml")


def test_links_that_stay_within_the_folder_are_followed(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.md").write_text("A")
    (tmp_path / "inner" / "b.md").symlink_to(tmp_path / "inner" / "a.md")
    (tmp_path / "c.md").write_text("C")
    (tmp_path / "inner" / "c.md").symlink_to(tmp_path / "c.md")
    found = {path.name: bool(reason) for path, reason in files_in(tmp_path / "inner", "*.md")}
    assert found == {"a.md": False, "b.md": False, "c.md": True}


def test_a_named_file_that_leads_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "incidents.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(RefusedError, match="leads out of the folder"):
        file_in(tmp_path / "inner", "components.json", "incidents.json")
    assert file_in(tmp_path, "secret.json") == tmp_path / "secret.json"
    assert file_in(tmp_path, "nothing.json") is None
