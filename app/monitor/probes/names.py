"""The DNS probe: a name has an address, the expected one where one is given, from any server that is asked."""

import time

import dns.asyncresolver
import dns.exception

from app.domain.probes import Look, Probe
from app.monitor.probes.reaching import NotReachedError, Reach, failed


async def look_dns(probe: Probe, reach: Reach) -> Look:
    """Whether the name resolves (`type`, A by default), to `address` where that is given; `server` is asked if named.

    Raises:
        NotReachedError: the server is not one that may be asked.
    """
    kind = probe.expects.get("type") or "A"
    began = time.perf_counter()
    try:
        found = await _resolver(probe, reach).resolve(probe.expects["name"], kind, lifetime=reach.timeout)
    except dns.exception.DNSException as error:
        return failed(f"{kind}: {type(error).__name__}", time.perf_counter() - began)
    seconds = time.perf_counter() - began
    values = sorted(record.to_text().strip('"').rstrip(".") for record in found)
    wanted = (probe.expects.get("address") or "").rstrip(".")
    if wanted and wanted not in values:
        return failed(f"{kind} is {', '.join(values)[:120]}, not {wanted}", seconds)
    return Look(is_well=True, seconds=seconds)


def _resolver(probe: Probe, reach: Reach) -> dns.asyncresolver.Resolver:
    server = probe.expects.get("server")
    if not server:
        return dns.asyncresolver.Resolver()
    try:
        is_allowed = reach.allows(server)
    except ValueError:
        raise NotReachedError("give the server's address, not its name") from None
    if not is_allowed:
        raise NotReachedError("the server is not one that may be asked")
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = [server]
    resolver.port = int(probe.expects.get("port") or 53)
    return resolver
