"""What a member's text message means: stop, start, help, or something that a person has to read.

The words are those of notices.md and of the carriers; the FCC asks that any reasonable way of
saying it be honoured (47 CFR 64.1200(a)(10)), which is why politeness, punctuation and spacing do
not count, and why what merely sounds like "stop" is held and read rather than overlooked.
"""

import re
import unicodedata
from enum import StrEnum


class Meaning(StrEnum):
    """What is to be done about a reply."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    UNCLEAR = "unclear"
    OTHER = "other"


STOP_WORDS = frozenset({"stop", "stopall", "quit", "end", "revoke", "optout", "cancel", "unsubscribe"})
_STOP = STOP_WORDS | {"alto", "parar", "pare", "baja", "dardebaja", "cancelar", "detener", "fin"}
_START = frozenset({"start", "unstop", "yes", "resume", "inicio", "iniciar", "alta", "si"})
_HELP = frozenset({"help", "info", "ayuda"})

_POLITE = frozenset({"please", "pls", "plz", "thanks", "thank", "you", "ty", "thx", "now", "ok", "porfavor", "gracias"})
_POLITE_PAIRS = (("por", "favor"),)
_SOUNDS_LIKE_STOP = re.compile(
    r"\b(stop\w*|unsub\w*|quit|end|revoke|cancel\w*|opt(ing|ed)? ?out|remove|wrong (number|person)|leave me alone"
    r"|(do not|don ?t|dont|never|no more|no) (\w+ )?(text|texts|texting|message|messages|messaging|contact|sms)\w*"
    r"|alto|parar?|baja|detener|no mas)\b"
)

BARE_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}) | frozenset(
    {"START", "YES", "UNSTOP", "HELP", "INFO"}
)
"""What Twilio answers by itself while its opt-out handling is on, and only when it stands alone."""


def meaning_of(text: str) -> Meaning:
    """What a whole text message means.

    A message that is nothing but one of the words, however spelt, is taken at its word. One that
    says something like it among other words is `UNCLEAR`.
    """
    words = _words(text)
    core = "".join(word for word in words if word not in _POLITE)
    for meaning, spellings in ((Meaning.STOP, _STOP), (Meaning.START, _START), (Meaning.HELP, _HELP)):
        if core in spellings or "".join(words) in spellings:
            return meaning
    return Meaning.UNCLEAR if _SOUNDS_LIKE_STOP.search(" ".join(words)) else Meaning.OTHER


def is_bare_word(text: str) -> bool:
    """Whether the provider answers this message itself."""
    return text.strip().upper() in BARE_WORDS


def _words(text: str) -> list[str]:
    """Lower-case words without accents, signs or digits; letters spelt out one by one are one word."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = re.findall(r"[^\W\d_]+", letters)
    for pair in _POLITE_PAIRS:
        words = _without(words, pair)
    return ["".join(words)] if words and all(len(word) == 1 for word in words) else words


def _without(words: list[str], phrase: tuple[str, ...]) -> list[str]:
    size = len(phrase)
    for start in range(len(words) - size + 1):
        if tuple(words[start : start + size]) == phrase:
            return words[:start] + words[start + size :]
    return words
