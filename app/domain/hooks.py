"""Addresses of programs and chats: which channel they are for, and the secret shared with a program."""

import base64
import secrets
from urllib.parse import urlsplit

from app.domain.channels import Channel

SLACK_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
TEAMS_DOMAINS = (".logic.azure.com", ".api.powerplatform.com", ".webhook.office.com")

CHAT_SCHEMES = frozenset({"discord", "gchat", "tgram", "wxteams"})
"""Kinds of other chats that an installation may allow: each posts to one host of its vendor."""

_SECRET_BYTES = 32


def hook_channel(url: str, *, statuspage: bool = False) -> Channel:
    """The channel of an address with a scheme: chats by their host, other schemes by Apprise.

    `statuspage` is the shape that somebody chose for a program of their own.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return Channel.WEBHOOK
    if parts.scheme not in ("https", "http"):
        return Channel.APPRISE
    if host in SLACK_HOSTS:
        return Channel.SLACK
    if host.endswith(TEAMS_DOMAINS):
        return Channel.TEAMS
    return Channel.STATUSPAGE if statuspage else Channel.WEBHOOK


def new_secret() -> str:
    """A secret to sign webhooks with, in the form of Standard Webhooks: "whsec_..."."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def with_secret(address: str, secret: str) -> str:
    """What is sealed for a webhook: its address, and behind a space the secret that it is signed with."""
    return f"{address} {secret}" if secret else address


def without_secret(sealed: str) -> tuple[str, str]:
    """An address and its secret, taken apart; addresses of every other kind have none."""
    address, _, secret = sealed.rpartition(" ")
    return (address, secret) if secret.startswith("whsec_") else (sealed, "")
