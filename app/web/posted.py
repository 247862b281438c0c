"""Forms as browsers send them: read within limits, strictly UTF-8, with clean text."""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request

FORM = "application/x-www-form-urlencoded"
FIELDS_MOST = 1_000
_DIGITS_MOST = 12

# Everything below a space but tab and line feed: PostgreSQL refuses NUL, feeds refuse the rest.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


RowNumber = Annotated[int, Field(ge=0, le=2**62)]
"""The number of a row in an address: larger ones are none, and neither database takes them."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The fields of one form, in the order sent."""

    pairs: tuple[tuple[str, str], ...] = ()

    def text(self, name: str) -> str:
        """What was typed, without spaces around it; empty when the field was not sent."""
        return next((value.strip() for key, value in self.pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value sent under that name, each once."""
        return list(dict.fromkeys(value for key, value in self.pairs if key == name))

    def number(self, name: str) -> int:
        """A whole number that the form itself had put there; 0 when it cannot be read."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MOST else 0

    def has(self, name: str) -> bool:
        """Whether the field was sent, even empty: a ticked box, a pressed button."""
        return any(key == name for key, _ in self.pairs)

    @property
    def digest(self) -> str:
        """The same for the same words."""
        return sha256(urlencode(self.pairs).encode()).hexdigest()


def new_form_key() -> str:
    """What an empty form carries so that sending it twice does its work once: 128 random bits."""
    return secrets.token_urlsafe(16)


async def read_posted(request: Request) -> Posted:
    """The form in the request's body; read once however often it is asked for.

    Raises:
        HTTPException: 415 it is not a form, 400 it is not UTF-8 or has a broken escape, 413 it has
            too many fields.
    """
    if not hasattr(request.state, "posted"):
        request.state.posted = parse(await request.body(), request.headers.get("content-type", FORM))
    posted: Posted = request.state.posted
    return posted


PostedForm = Annotated[Posted, Depends(read_posted)]


def parse(body: bytes, content_type: str = FORM) -> Posted:
    """Fields from a URL-encoded body."""
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise HTTPException(415, "This address takes the console's own forms and nothing else.")
    if body.count(b"&") >= FIELDS_MOST:
        raise HTTPException(413, f"This form has more than {FIELDS_MOST:,} fields.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise HTTPException(400, "Some of this text is not UTF-8, so it cannot be read. Type it again.") from None
    return Posted(tuple((clean(name), clean(value)) for name, value in pairs))


def clean(text: str) -> str:
    """Text with plain line ends and without control characters."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


_SECRET = re.compile("password|one_time_code|totp_code|credential", re.IGNORECASE)
_LONG = 40


@dataclass(frozen=True, slots=True)
class KeptField:
    """One field of a form that could not be dealt with, to be sent again. `is_text` when a person typed it."""

    name: str
    value: str

    @property
    def is_text(self) -> bool:
        """Whether it is worth showing: words, not a choice or a key."""
        return self.name in TYPED or len(self.value) > _LONG

    @property
    def label(self) -> str:
        """The field's name in words."""
        return TYPED.get(self.name) or self.name.replace("_", " ").capitalize()


TYPED: Mapping[str, str] = {
    "title": "Title",
    "body": "What to say",
    "what_happened": "What happened",
    "what_we_are_doing": "What we are doing",
    "what_is_affected": "What is affected",
    "how_to_reach": "How to reach what works",
    "footnote": "Footnote",
}


def kept_fields(pairs: Iterable[tuple[str, str]]) -> list[KeptField]:
    """The fields to keep for another try; never a password or what stands for one."""
    return [KeptField(name, value) for name, value in pairs if not _SECRET.search(name)]
