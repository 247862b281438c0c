"""What was posted on social networks by hand: the text is ours, the post is a person's (R28)."""

from enum import StrEnum
from urllib.parse import urlsplit

from app.domain.errors import RefusedError

LINK_MOST = 500
"""Characters: a network's own links are far shorter."""


class Network(StrEnum):
    """Where members look besides the page."""

    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    LINKEDIN = "linkedin"
    X = "x"
    OTHER = "other"

    @property
    def in_words(self) -> str:
        """As its owner writes it."""
        return _NAMES[self]


_NAMES = {
    Network.FACEBOOK: "Facebook",
    Network.INSTAGRAM: "Instagram",
    Network.LINKEDIN: "LinkedIn",
    Network.X: "X",
    Network.OTHER: "Another network",
}


def network_of(text: str) -> Network:
    """The network that was chosen.

    Raises:
        RefusedError: none was, or one that is not offered.
    """
    if text not in list(Network):
        raise RefusedError({"network": "Choose where you posted it."})
    return Network(text)


def post_link(text: str) -> str:
    """The address of a post, or "" where none was given; plain https, so that colleagues may follow it.

    Raises:
        RefusedError: it is no such address.
    """
    if not text:
        return ""
    if len(text) > LINK_MOST or not text.isprintable() or " " in text or not _is_https(text):
        raise RefusedError({"link": "Paste the whole address of the post, beginning with https://, or leave it empty."})
    return text


def _is_https(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and parts.username is None
