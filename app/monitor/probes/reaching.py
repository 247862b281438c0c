"""Opening connections to what staff want watched, and to nothing that no probe has business with.

A probe's address comes from the console, so a stolen sign-in must not read the machine's own
secrets through it: metadata services, link-local and multicast addresses are refused always, private
ones unless the installation says that what it watches stands there. Every address of a name is
asked about, and the very one that was is then connected to (DNS rebinding).
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from ssl import SSLContext, create_default_context

from app.domain.probes import Look
from notifiers.guard import IPAddress, is_public

_METADATA = frozenset(map(ipaddress.ip_address, ("168.63.129.16", "100.100.100.200", "fd00:ec2::254")))
"""Azure's, Alibaba's and Amazon's; the usual 169.254.169.254 is link-local."""

TIMEOUT = 10.0


class NotReachedError(Exception):
    """The probe could not get through; the message says why."""


def is_watchable(address: IPAddress) -> bool:
    """Whether a probe may connect there when private addresses are allowed."""
    if address.is_link_local or address.is_multicast or address.is_unspecified or address in _METADATA:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped is None and (is_public(address) or address.is_private)


@dataclass(frozen=True, slots=True)
class Reach:
    """What probes may reach, how long a look may take (seconds), and whose certificates they believe."""

    may_reach: Callable[[IPAddress], bool] = is_public
    timeout: float = TIMEOUT
    tls: SSLContext = field(default_factory=create_default_context)

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a name, each of which may be connected to.

        Raises:
            NotReachedError: the name has none, or one that no probe may reach.
        """
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise NotReachedError("the name has no address") from None
        addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
        if not all(self.allows(address) for address in addresses):
            raise NotReachedError("the address is not one that may be watched")
        return addresses

    def allows(self, address: str) -> bool:
        """Whether this very address may be connected to."""
        return self.may_reach(ipaddress.ip_address(address.partition("%")[0]))

    async def connect(
        self, host: str, port: int, *, tls: bool = False
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the host's first address that answers.

        Raises:
            NotReachedError: none did, or the certificate is not valid.
        """
        problem = "no answer"
        for address in await self.addresses(host, port):
            try:
                context = self.tls if tls else None
                return await asyncio.open_connection(address, port, ssl=context, server_hostname=host if tls else None)
            except OSError as error:
                problem = reason_of(error)
        raise NotReachedError(problem)


def reason_of(error: BaseException) -> str:
    """Why a connection failed, in a few words."""
    words = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or "no connection"
    return str(words)[:200]


def failed(reason: str, seconds: float = 0.0) -> Look:
    """A look that was not as expected."""
    return Look(is_well=False, seconds=seconds, reason=reason[:200])
