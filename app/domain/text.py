"""Text as people may have pasted it: what no database, feed or screen can carry is taken out."""

import re

_UNPRINTABLE = re.compile(r"[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """The text with plain line ends and without control characters and halves of characters.

    PostgreSQL refuses NUL, XML 1.0 most control characters, and UTF-8 a lone surrogate; none of
    them is ever meant.
    """
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
