"""Probes that open a connection: TCP, a certificate's last day, and a mail server's greeting."""

import time
from datetime import UTC, datetime
from ssl import cert_time_to_seconds

from app.domain.probes import Look, Probe
from app.monitor.probes.reaching import Reach, failed

DAYS_WARN, DAYS_FAIL = 21, 3
_GREETING_MOST = 2_000


async def look_tcp(probe: Probe, reach: Reach) -> Look:
    """Whether the port accepts a connection."""
    began = time.perf_counter()
    _, writer = await reach.connect(probe.expects["host"], int(probe.expects["port"]))
    seconds = time.perf_counter() - began
    writer.close()
    return Look(is_well=True, seconds=seconds)


async def look_tls(probe: Probe, reach: Reach) -> Look:
    """Whether the certificate is valid and for how many days: it warns at 21 (`warn_days`) and fails at 3."""
    began = time.perf_counter()
    _, writer = await reach.connect(probe.expects["host"], int(probe.expects.get("port") or 443), tls=True)
    seconds = time.perf_counter() - began
    ends = cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
    writer.close()
    days = int((ends - datetime.now(UTC).timestamp()) // 86_400)
    if days < int(probe.expects.get("fail_days") or DAYS_FAIL):
        return failed(f"the certificate ends in {days} days", seconds)
    is_near = days < int(probe.expects.get("warn_days") or DAYS_WARN)
    reason = f"the certificate ends in {days} days" if is_near else ""
    return Look(is_well=True, seconds=seconds, is_slow=is_near, reason=reason)


async def look_smtp(probe: Probe, reach: Reach) -> Look:
    """Whether a mail server greets with 220 (RFC 5321, 3.1); it is left with QUIT."""
    began = time.perf_counter()
    reader, writer = await reach.connect(probe.expects["host"], int(probe.expects.get("port") or 25))
    try:
        greeting = await reader.readline()
        seconds = time.perf_counter() - began
        writer.write(b"QUIT\r\n")
        await writer.drain()
    finally:
        writer.close()
    if greeting.startswith(b"220"):
        return Look(is_well=True, seconds=seconds)
    said = greeting[:_GREETING_MOST].decode("ascii", "replace").strip()
    return failed(f"greets with “{said[:80]}”" if said else "does not greet", seconds)
