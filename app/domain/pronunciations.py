"""How an organisation's own words are read aloud: "IDX" as "I D X", "Brandvold" as "BRAND-vold"."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.domain.errors import RefusedError

WRITTEN_MOST, SPOKEN_MOST = 60, 120


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """One entry of the lexicon, for one language."""

    id: str
    language: str
    written: str
    spoken: str


def check_pronunciation(written: str, spoken: str) -> None:
    """Refuse an entry that could not be found or said.

    Raises:
        RefusedError: a part is empty or too long, or holds no letter or digit.
    """
    problems = {}
    for name, text, most in (("written", written, WRITTEN_MOST), ("spoken", spoken, SPOKEN_MOST)):
        if not re.search(r"\w", text):
            problems[name] = "Give at least one letter or digit."
        elif len(text) > most:
            problems[name] = f"This has {len(text):,} characters; the most is {most}."
    if problems:
        raise RefusedError(problems)


def pronounced(text: str, entries: Iterable[Pronunciation], hold: Callable[[str], str] = str) -> str:
    """The text with every whole word that the lexicon knows replaced, whatever its capitals; the longest first.

    What was replaced is not looked at again, so that entries cannot set each other off. `hold` may
    put something else in the place of what is said.
    """
    said = {entry.written.casefold(): entry.spoken for entry in entries}
    if not said:
        return text
    longest_first = sorted(said, key=len, reverse=True)
    known = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    return known.sub(lambda found: hold(said.get(found[0].casefold(), found[0])), text)
