"""Attachments: judged by their bytes, given back under a name that is safe everywhere."""

import pytest

from app.domain.attachments import ATTACHMENT_MOST, kind_of, safe_name
from app.domain.errors import RefusedError


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7\n\x00", "application/pdf"),
        ("Zeile 1: Anmeldung schl\u00e4gt fehl".encode(), "text/plain; charset=utf-8"),
        (b"<script>alert(1)</script>", "text/plain; charset=utf-8"),
    ],
)
def test_r48_what_a_file_is_stands_in_its_bytes(content, media_type):
    assert kind_of(content)[0] == media_type


@pytest.mark.parametrize(
    "content", [b"", b"x" * (ATTACHMENT_MOST + 1), b"MZ\x90\x00", b"PK\x03\x04\x00", b"text\x00", b"\xfe\xffabc"]
)
def test_r48_nothing_else_is_kept(content):
    with pytest.raises(RefusedError):
        kind_of(content)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("sign-in.log", "sign-in.txt"),
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\temp\\Shot 1.PNG.exe", "Shot-1-PNG.txt"),
        ('a"b\r\nX: y.txt', "a-b-X-y.txt"),
        ("\u202egpj.exe", "gpj.txt"),
        ("", "file.txt"),
    ],
)
def test_its_name_is_safe_everywhere(given, kept):
    assert safe_name(given, ".txt") == kept
