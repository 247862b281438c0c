"""The ways a notice can travel, and the two programmes a subscriber may take or leave."""

from enum import StrEnum


class Channel(StrEnum):
    """How one subscription is told."""

    SMS = "sms"
    EMAIL = "email"
    WEBHOOK = "webhook"
    SLACK = "slack"
    TEAMS = "teams"

    @property
    def is_personal(self) -> bool:
        """Whether its addresses belong to a person: consent, quiet hours and opting out apply."""
        return self in (Channel.SMS, Channel.EMAIL)


class Programme(StrEnum):
    """What a subscription is for; opting out is per channel and programme."""

    OUTAGES = "outages"
    MAINTENANCE = "maintenance"


ALL_PROGRAMMES = frozenset(Programme)
