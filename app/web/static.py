"""The console's own files, read once and served under names that change with their content."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import NotFoundError
from app.publish.documents import Document, Source, compress
from app.web.answers import body_in
from app.web.negotiation import Coding, coding_for

FOLDER = Path(__file__).resolve().parents[2] / "static"
PREFIX = "/admin/static/"

_FILES = {
    "tokens.css": "text/css; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
    "forms.css": "text/css; charset=utf-8",
    "calendar.css": "text/css; charset=utf-8",
    "roster.css": "text/css; charset=utf-8",
    "graph.css": "text/css; charset=utf-8",
    "accounts.css": "text/css; charset=utf-8",
    "failover.css": "text/css; charset=utf-8",
    "work.css": "text/css; charset=utf-8",
    "learn.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "passkeys.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "console.svg": "image/svg+xml",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_EPOCH = datetime.fromtimestamp(0, UTC)


@cache
def console_assets() -> "Assets":
    """The files of this version; read and compressed once per process."""
    return Assets()


class Assets:
    """Every file of the console in memory, compressed once, by its address."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.addresses: Mapping[str, str] = {name: _address(name, (folder / name).read_bytes()) for name in _FILES}
        self._documents = {
            address: compress(Source(address, _FILES[name], (folder / name).read_bytes()), _EPOCH)
            for name, address in self.addresses.items()
        }

    def address(self, name: str) -> str:
        """Where the file called "console.css" stands: "/admin/static/console.5f0c….css"."""
        return self.addresses[name]

    def response(self, request: Request) -> Response:
        """The file that the request's path names.

        Raises:
            NotFoundError: no file of this version stands there.
        """
        document = self._documents.get(request.url.path)
        if document is None:
            raise NotFoundError("This file belongs to another version of the console. Load the page again.")
        return _answer(document, request.headers.get("accept-encoding"))


def _address(name: str, content: bytes) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{PREFIX}{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{ending}"


def _answer(document: Document, accept_encoding: str | None) -> Response:
    coding = coding_for(accept_encoding.encode("latin-1") if accept_encoding else None)
    headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding", "Content-Type": document.media_type}
    if coding is not Coding.IDENTITY:
        headers["Content-Encoding"] = coding.value
    return Response(body_in(document, coding), headers=headers)
