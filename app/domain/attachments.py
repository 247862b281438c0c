"""Logs and pictures kept with an incident: what may be attached, and under which name it is given back (R48)."""

import re
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import RefusedError
from app.domain.text import printable

ATTACHMENT_MOST = 1_500_000
"""Bytes in one file."""

ATTACHMENTS_MOST = 50
"""Files of one incident."""

_BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": ("image/png", ".png"),
    b"\xff\xd8\xff": ("image/jpeg", ".jpg"),
    b"%PDF-": ("application/pdf", ".pdf"),
}
_NAME_MOST = 80


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file, without its bytes."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    author: str
    at: datetime


def kind_of(content: bytes) -> tuple[str, str]:
    """Media type and ending of a file by what stands in it, never by what it says of itself.

    Raises:
        RefusedError: it is empty, too big, or neither a picture, a PDF nor text (field "file").
    """
    if not content:
        raise RefusedError({"file": "Choose a file that has something in it."})
    if len(content) > ATTACHMENT_MOST:
        raise RefusedError({"file": f"This file is over {ATTACHMENT_MOST / 1_000_000:g} MB. Cut out what matters."})
    for beginning, kind in _BEGINNINGS.items():
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp", ".webp"
    if _is_text(content):
        return "text/plain; charset=utf-8", ".txt"
    raise RefusedError({"file": "Only pictures (PNG, JPEG, WebP), PDF and plain text are kept."})


def _is_text(content: bytes) -> bool:
    try:
        return b"\x00" not in content and bool(content.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def safe_name(name: str, ending: str) -> str:
    """A name that every system takes, with the ending that fits what stands in the file."""
    last = re.split(r"[/\\]", printable(name))[-1]
    stem = last.rpartition(".")[0] or last
    cleaned = re.sub(r"[^\w-]+", "-", stem, flags=re.ASCII).strip("-")[:_NAME_MOST]
    return (cleaned or "file") + ending
