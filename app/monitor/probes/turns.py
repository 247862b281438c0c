"""One turn: every probe that is due looks at once, and what they saw is taken in together.

One tick of the clock serves all probes. The claim is one statement (`claim_due`), so that several
workers share them and none looks twice; nothing is held open while they look.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import aiohttp

from app.commands.probes import find_silent, take_in_looks
from app.commands.reports import calm_down
from app.commands.suspicions import OnSuspected, tell_nobody
from app.domain.audit import CLOCK
from app.domain.errors import RefusedError
from app.domain.probes import Look, Probe, ProbeKind
from app.monitor.probes.feeds import look_feed_age
from app.monitor.probes.journeys import look_journey
from app.monitor.probes.lines import look_smtp, look_tcp, look_tls
from app.monitor.probes.names import look_dns
from app.monitor.probes.reaching import NotReachedError, Reach, failed, reason_of
from app.monitor.probes.web import Pages, look_http, look_statuspage, pages
from app.store.probes import claim_due, frozen_probe, probe_rows
from app.store.session import Database
from app.store.vault import Vault

AT_ONCE = 100
"""Looks that are under way at a time."""

_log = logging.getLogger("porchlight.probes")

Looking = Callable[[Probe, Reach], Awaitable[Look]]
LookingAtPage = Callable[[Probe, Pages], Awaitable[Look]]

LINES: Mapping[ProbeKind, Looking] = {
    ProbeKind.TCP: look_tcp,
    ProbeKind.TLS: look_tls,
    ProbeKind.SMTP: look_smtp,
    ProbeKind.DNS: look_dns,
    ProbeKind.LOGIN_JOURNEY: look_journey,
}
PAGES: Mapping[ProbeKind, LookingAtPage] = {
    ProbeKind.HTTP: look_http,
    ProbeKind.STATUSPAGE: look_statuspage,
    ProbeKind.FEED_AGE: look_feed_age,
}
"""Every kind that looks by itself stands in one of the two; heartbeats and counts come from outside."""


def take_turn(
    database: Database,
    reach: Reach,
    clock: Callable[[], datetime],
    on_suspected: OnSuspected = tell_nobody,
    vault: Vault | None = None,
) -> int:
    """Look at all that is due, take it in, and find what fell silent; how many probes looked.

    `vault` opens what probes sign in with.
    """
    with database.transaction(CLOCK) as session:
        ids = claim_due(session, clock())
        due = [frozen_probe(row, slug, vault) for row, slug in probe_rows(session, ids)] if ids else []
    looks = asyncio.run(look_at(due, reach)) if due else {}
    with database.transaction(CLOCK) as session:
        take_in_looks(session, looks, now=clock(), on_suspected=on_suspected)
    with database.transaction(CLOCK) as session:
        find_silent(session, now=clock(), on_suspected=on_suspected)
        calm_down(session, now=clock())
    return len(due)


async def look_at(probes: Sequence[Probe], reach: Reach) -> dict[str, Look]:
    """The look of each probe by its id; one that breaks is a look that failed, and harms no other."""
    places = asyncio.Semaphore(AT_ONCE)
    async with pages(reach) as site:

        async def look(probe: Probe) -> Look:
            async with places:
                return await _bounded(probe, reach, site)

        found = await asyncio.gather(*(look(probe) for probe in probes))
    return {probe.id: seen for probe, seen in zip(probes, found, strict=True)}


async def _bounded(probe: Probe, reach: Reach, site: Pages) -> Look:
    try:
        async with asyncio.timeout(reach.timeout):
            return await _look(probe, reach, site)
    except TimeoutError:
        return failed(f"no answer within {reach.timeout:g} s", reach.timeout)
    except NotReachedError as error:
        return failed(str(error))
    except (OSError, aiohttp.ClientError) as error:
        return failed(reason_of(getattr(error, "os_error", error)))
    except RefusedError as error:
        return failed(str(error))
    except (ValueError, KeyError) as error:
        _log.warning("probe %s cannot look: %s", probe.id, error)
        return failed("its settings make no sense")


async def _look(probe: Probe, reach: Reach, site: Pages) -> Look:
    if probe.kind in PAGES:
        return await PAGES[probe.kind](probe, site)
    return await LINES[probe.kind](probe, reach)
