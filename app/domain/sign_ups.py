"""How often somebody may sign up: nobody floods a stranger, and nobody is paid by the text (notices.md, "Consent")."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from app.domain.accounts import AttemptLimit
from app.domain.channels import Channel

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SignUpLimits:
    """The most sign-ups by what they have in common, and the country codes that texts may go to.

    A proof of work is asked of everybody; whoever's browser runs no script waits instead
    (`patience`) and has the smaller allowance of `network_without_script`.
    """

    address: AttemptLimit = field(default=AttemptLimit(3, HOUR))
    address_daily: AttemptLimit = field(default=AttemptLimit(6, DAY))
    network: AttemptLimit = field(default=AttemptLimit(20, HOUR))
    network_without_script: AttemptLimit = field(default=AttemptLimit(4, HOUR))
    prefix: AttemptLimit = field(default=AttemptLimit(600, HOUR))
    host: AttemptLimit = field(default=AttemptLimit(20, HOUR))
    everybody: AttemptLimit = field(default=AttemptLimit(3_000, HOUR))
    country_codes: frozenset[str] = frozenset({"1"})
    patience: timedelta = field(default=timedelta(seconds=15))

    def of_network(self, network: str, *, did_work: bool) -> Mapping[str, AttemptLimit]:
        """The buckets of one browser's network, whatever it asks for."""
        if did_work:
            return {f"network:{network}": self.network}
        return {f"network:{network}": self.network, f"slow:{network}": self.network_without_script}

    def of_sending(self, channel: Channel, prefix: str) -> Mapping[str, AttemptLimit]:
        """The buckets of everybody together, and of one country prefix or host: a program's host is one stranger's."""
        shared = {f"all:{channel}": self.everybody}
        if channel is Channel.EMAIL:
            return shared
        return shared | {f"prefix:{prefix}": self.host if channel.is_program else self.prefix}

    def of_address(self, index: str) -> Mapping[str, AttemptLimit]:
        """The buckets of one address, known by its keyed index."""
        return {f"hour:{index}": self.address, f"day:{index}": self.address_daily}


CODE_TRIES = 5
"""Wrong codes after which a confirmation is void: one in 200,000 guesses at best."""

CODE_LASTS = timedelta(minutes=30)
LINK_LASTS = timedelta(hours=24)
UNCONFIRMED_KEPT = timedelta(days=7)


def lasts(channel: Channel) -> timedelta:
    """How long a confirmation can be answered."""
    return CODE_LASTS if channel is Channel.SMS else LINK_LASTS
