"""Metrics for Prometheus, on a port of their own that no member reaches.

Everything but the publishing times is read when it is asked for: from the edition in memory and
from the rows. With the database away the page's own numbers are still told, and
`porchlight_database_up` is 0.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Histogram, PlatformCollector, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.domain.channels import Channel
from app.domain.delivery_board import Standing
from app.domain.errors import UnavailableError
from app.publish.documents import Edition
from app.store.measures import Measures, measures
from app.store.session import Database

NOTICES_OF = timedelta(hours=24)
ALIVE_WITHIN = timedelta(seconds=30)
SECONDS = (0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300)

_log = logging.getLogger("porchlight.metrics")


class Metrics:
    """All metrics of one process.

    `edition` gives what the process serves; `text_price` is what one text costs.
    """

    def __init__(
        self,
        database: Database,
        edition: Callable[[], Edition | None],
        *,
        clock: Callable[[], datetime],
        text_price: float = 0.0,
    ) -> None:
        self.registry = CollectorRegistry()
        self._published = Histogram(
            "porchlight_publish_to_visible_seconds",
            "From the commit of an update to its generation in the sinks of this process.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.registry.register(_State(database, edition, clock, text_price))
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def published(self, waited: timedelta) -> None:
        """A generation reached the sinks, so long after the oldest event that it carries."""
        self._published.observe(waited.total_seconds())

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Answer /metrics on this address in a thread of its own; returns what ends it.

        Raises:
            OSError: the port is taken.
        """
        server, thread = start_http_server(port, addr=host, registry=self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join(timeout=5)

        return stop


class _State(Collector):
    def __init__(
        self,
        database: Database,
        edition: Callable[[], Edition | None],
        clock: Callable[[], datetime],
        text_price: float,
    ) -> None:
        self._database = database
        self._edition = edition
        self._clock = clock
        self._text_price = text_price

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: the names follow from the state."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Everything as it is now."""
        now = self._clock()
        yield from _of_edition(self._edition(), now)
        found = self._measured(now)
        yield _gauge("database_up", "Whether the database answers.", found is not None)
        if found is not None:
            yield from _of_rows(found, now, self._text_price)

    def _measured(self, now: datetime) -> Measures | None:
        try:
            with self._database.read() as session:
                return measures(session, now=now, alive_since=now - ALIVE_WITHIN, notices_since=now - NOTICES_OF)
        except UnavailableError as error:
            _log.warning("metrics without the database: %s", error)
            return None


def _of_edition(edition: Edition | None, now: datetime) -> Iterable[Metric]:
    yield _gauge("snapshot_loaded", "Whether this process has an edition to serve.", edition is not None)
    if edition is not None:
        yield _gauge("snapshot_generation", "The generation that this process serves.", edition.generation)
        yield _gauge("snapshot_age_seconds", "Since that generation was frozen.", _age(edition.as_of, now))


def _of_rows(found: Measures, now: datetime, text_price: float) -> Iterable[Metric]:
    yield _gauge(
        "outbox_oldest_seconds", "How long the oldest unpublished event waits.", _age(found.waiting_since, now)
    )
    yield _gauge("deliveries_overdue_seconds", "How long the oldest batch is behind.", _age(found.owed_since, now))
    yield _gauge("incidents_open", "Incidents that still need updates.", found.open_incidents)
    yield _gauge("updates_overdue", "Open incidents whose promised time has passed.", found.late)
    yield _gauge("workers_alive", "Workers that gave a sign of life in the last 30 seconds.", found.workers)
    deliveries = GaugeMetricFamily(
        "porchlight_deliveries",
        "Deliveries of the last 24 hours' notices by channel and state.",
        labels=["channel", "state"],
    )
    for (channel, standing), number in sorted(found.deliveries.items()):
        deliveries.add_metric([channel.value, standing.value], number)
    yield deliveries
    yield _gauge(
        "texts_spend", "What the last 24 hours' texts cost, in the setting's currency.", _spend(found, text_price)
    )


def _spend(found: Measures, text_price: float) -> float:
    """Texts that the provider took, whatever became of them: those are the ones it charges for."""
    charged = (Standing.SENT, Standing.DELIVERED)
    return text_price * sum(found.deliveries.get((Channel.SMS, standing), 0) for standing in charged)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"porchlight_{name}", words, value=float(value))


def _age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0
