"""Words that members understand: what is refused before it leaves, and what is only advised (R13, R42-R45).

Refused is what hurts people: a named person beside a fault, doubt whether the member is right, and
phrases that say nothing. Advised is what tires them: long sentences, jargon, letters that nobody
spelled out. English alone is judged; advice never stops a publication.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

SENTENCE_MOST = 20
"""Words in a sentence that is still easy to take in on a telephone."""

_WITH_THEM = "Never tell members that it cannot be reproduced. Offer to look at it with them."
_WHO = "Say who: “members of…”, “a few of you”. Nobody knows whether they are “some users”."
_NEVER: Mapping[str, str] = {
    r"(?:can ?not|can ?t|could ?n ?t|could not|unable to|not able to|failed to) reproduce": _WITH_THEM,
    r"not reproducible": _WITH_THEM,
    r"works (?:fine )?(?:for (?:me|us)|on (?:my|our) (?:end|side|machine))": _WITH_THEM,
    r"we (?:are|re) (?:currently )?experiencing": "“We are experiencing” says nothing. Say what fails, since when.",
    r"some users (?:may|might)": _WHO,
    r"oops|whoops": "This is somebody's working day. Say what happened.",
    r"user error": "Never blame the member. Say what to do instead.",
}
"""What is never said (vocabulary.md), as patterns over small letters without quotes."""

_FAULT = re.compile(
    r"\b(?:forgot|forgotten|broke|mistakes?|errors?|faults?|failed|neglected|overlooked|misconfigured|deleted|blame[sd]?"
    r"|responsible|careless|negligen(?:t|ce)|caused|screwed|messed|wrongly|accidentally|mistakenly)\b",
    re.IGNORECASE,
)

JARGON: Mapping[str, str] = {
    "sso": "“single sign-on” is the dashboard: say “the dashboard sign-in”",
    "saml": "say “sign-in”",
    "idp": "say “the sign-in supplier”",
    "mfa": "say “sign-in code”",
    "2fa": "say “sign-in code”",
    "api": "say what it feeds: “websites and apps”",
    "dns": "say “the address of the site”",
    "idx": "say “website listings”",
    "reso": "say “website listings”",
    "etl": "say “the nightly copy”",
    "latency": "say “slow”",
    "degraded": "say “slow” or “unreliable”",
    "outage window": "say from when to when",
    "failover": "say “the standby site”",
    "mitigate": "say what is done",
    "mitigation": "say what is done",
    "remediation": "say “fix”",
    "root cause": "say “cause”",
    "intermittent": "say “comes and goes”",
    "intermittently": "say “comes and goes”",
    "authentication": "say “sign-in”",
    "credentials": "say “password”",
    "functionality": "say what it does",
    "utilize": "say “use”",
    "escalated": "say who is working on it",
    "vendor": "say “supplier”",
    "backend": "say what members see",
    "server": "say what members see",
    "database": "say what members see",
    "impacted": "say “affected”",
    "eta": "say “by 10:30 PM”",
    "asap": "say by when",
    "users": "say “members”",
    "inconvenience": "say what members can do",
    "log in": "say “sign in”",
    "login": "say “sign-in”",
}
"""Words of the trade, and what members would say."""

_KNOWN_LETTERS = frozenset(
    {"AM", "PM", "MLS", "PDF", "PIN", "TV", "US", "USA", "OK", "CT", "ET", "MT", "PT", "UTC", "ID", "SMS", "FAQ"}
)
_SPELLED_OUT = re.compile(r"\(([A-Z][A-Z0-9]{1,5})\)")
_LETTERS = re.compile(r"\b[A-Z][A-Z0-9]{1,5}\b")
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*")
_WORD = re.compile(r"[\w'’-]+")


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing that could be said better. `words` are those it is about."""

    words: str
    advice: str


def refusals(texts: Mapping[str, str], people: Collection[str] = ()) -> dict[str, str]:
    """What may not leave, by field: one sentence each. `people` are names of the staff (R45)."""
    found: dict[str, str] = {}
    for field, text in texts.items():
        sentence = _refusal(text, people)
        if sentence:
            found[field] = sentence
    return found


def _refusal(text: str, people: Collection[str]) -> str:
    plain = _plain(text)
    for pattern, sentence in _NEVER.items():
        if re.search(rf"\b(?:{pattern})\b", plain):
            return sentence
    for name in people:
        if any(_is_blamed(sentence, name) for sentence in sentences(text)):
            return f"“{name}” stands beside a fault. Speak of the team, never of the person."
    return ""


def _is_blamed(sentence: str, name: str) -> bool:
    """Whether a sentence holds both a word of fault and the name, whole or a part that is a name by itself."""
    if not _FAULT.search(sentence):
        return False
    parts = [part for part in name.split() if len(part) > 2]
    whole = re.search(rf"\b{re.escape(name)}\b", sentence, re.IGNORECASE) if name else None
    return bool(whole) or any(_names(sentence, part) for part in parts)


def _names(sentence: str, part: str) -> bool:
    """Whether the part stands there as a name: "Will" at the beginning of a sentence may be another word."""
    found = re.finditer(rf"\b{re.escape(part)}\b", sentence)
    is_also_a_word = part.casefold() in _ALSO_WORDS
    return any(not is_also_a_word or each.start() > 0 for each in found)


_WORDS_THAT_NAME = """
    will mark may april june grace rose hope faith joy dawn bill frank drew pat rich art guy chance sandy summer
    ray page read long young short brown green white black gray hall hill wood woods banks case close
"""
_ALSO_WORDS = frozenset(_WORDS_THAT_NAME.split())


def _plain(text: str) -> str:
    """Small letters, quotes left out, every space one: "Can’t", "can't" and "CAN T" read alike."""
    straight = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"['’‘`´ʼ]", " ", straight).replace(" t ", "t ").split())


def hints(text: str) -> list[Hint]:
    """What could be said better, in the order: sentences, jargon, letters; each thing once."""
    return [*_long_sentences(text), *_jargon(text), *_letters(text)]


def _long_sentences(text: str) -> Iterator[Hint]:
    for sentence in sentences(text):
        count = len(_WORD.findall(sentence))
        if count > SENTENCE_MOST:
            yield Hint(_beginning(sentence), f"{count} words in one sentence. Two short ones are read sooner.")


def _jargon(text: str) -> Iterator[Hint]:
    small = text.casefold()
    for word, advice in JARGON.items():
        if re.search(rf"\b{re.escape(word)}\b", small):
            yield Hint(word, f"{advice[0].upper()}{advice[1:]}.")


def _letters(text: str) -> Iterator[Hint]:
    told = set(_SPELLED_OUT.findall(text)) | _KNOWN_LETTERS
    for letters in dict.fromkeys(_LETTERS.findall(text)):
        if letters not in told and letters.casefold() not in JARGON and not letters.isdigit():
            yield Hint(letters, "Spell it out once: not everybody knows these letters.")


def sentences(text: str) -> list[str]:
    """The sentences of a text; a line is at least one."""
    return [found.strip() for found in _SENTENCE.findall(text) if _WORD.search(found)]


def _beginning(sentence: str) -> str:
    return " ".join(sentence.split()[:5]) + "…"
