"""The ways a notice can travel, and the two programmes a subscriber may take or leave."""

from enum import StrEnum


class Channel(StrEnum):
    """How one subscription is told. New ones go to the end: the ledger numbers its batches by their order."""

    SMS = "sms"
    EMAIL = "email"
    WEBHOOK = "webhook"
    SLACK = "slack"
    TEAMS = "teams"
    STATUSPAGE = "statuspage_webhook"
    APPRISE = "apprise"

    @property
    def is_personal(self) -> bool:
        """Whether its addresses belong to a person: consent, quiet hours and opting out apply."""
        return self in (Channel.SMS, Channel.EMAIL)

    @property
    def is_program(self) -> bool:
        """Whether a program reads it, which can answer a challenge."""
        return self in (Channel.WEBHOOK, Channel.STATUSPAGE)

    @property
    def is_chat(self) -> bool:
        """Whether it is a room in which several people read the words of the mail."""
        return self in (Channel.SLACK, Channel.TEAMS, Channel.APPRISE)


class Programme(StrEnum):
    """What a subscription is for; opting out is per channel and programme."""

    OUTAGES = "outages"
    MAINTENANCE = "maintenance"


ALL_PROGRAMMES = frozenset(Programme)
ALL_CHANNELS = frozenset(Channel)
