"""The text of a text message: the alphabet of phones, and how many segments it takes.

A segment holds 160 characters of GSM-7, of which brackets and the euro sign count twice. One character
outside that alphabet halves it and more, to 70, so that everything is brought into GSM-7: typewriter
punctuation, and letters without the accents that the alphabet lacks (it has é and ñ, but not á).
"""

import unicodedata
from functools import lru_cache

import smsutil

from app.domain.text import printable

_TYPEWRITER = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u2026": "...", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2022": "-", "\u00b7": "-", "`": "'", "\t": " ",
})  # fmt: skip


def phone_text(text: str) -> str:
    """The text in GSM-7, on one line. What has no likeness there is left out."""
    typed = printable(text).translate(_TYPEWRITER)
    return " ".join("".join(map(_in_gsm, typed)).split())


def segments(text: str) -> int:
    """How many messages a phone company bills for this text; 0 for an empty one."""
    return len(smsutil.split(text).parts) if text else 0


def is_gsm(text: str) -> bool:
    """Whether the text is within the alphabet of phones."""
    return not text or bool(smsutil.is_valid_gsm(text))


@lru_cache(maxsize=4096)  # the library compiles its alphabet anew for every question
def _in_gsm(character: str) -> str:
    if is_gsm(character):
        return character
    bare = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    return bare if bare and is_gsm(bare) else ""
