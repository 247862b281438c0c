"""Publishing: what is owed is published, a generation never goes backwards, a crash misleads nobody."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from app.commands.components import report_status
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.domain.components import ComponentStatus
from app.domain.errors import UnavailableError
from app.domain.incidents import Incident
from app.publish.documents import TEXT, Edition, Source, compress
from app.publish.parts import Part
from app.publish.publisher import Publisher
from app.publish.sinks import MemorySink
from app.publish.snapshot import PublicSnapshot
from app.store.outbox import OutboxRow, has_unpublished
from app.store.publication import publication, take_lease
from app.store.session import Database
from tests.commands.world import NOW, SOON, build, words


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class BrokenSink:
    """A full disk."""

    def put(self, edition: Edition) -> None:
        raise UnavailableError("No space left.")


rendered: list[str] = []


def render_front(as_of: datetime, states: tuple[tuple[str, str], ...]) -> bytes:
    rendered.append("/")
    return f"{as_of:%H:%M} {states}".encode()


def render_incident(incident: Incident) -> bytes:
    rendered.append(incident.id)
    return f"{incident.title} {incident.status}".encode()


def two_kinds_of_part(snapshot: PublicSnapshot) -> Iterator[Part]:
    """A document that moves with the state, and one per incident that does not."""
    states = tuple((item.slug, item.status.value) for item in snapshot.components)
    yield Part("/", render_front, (snapshot.as_of, states), TEXT)
    for incident in snapshot.incidents:
        yield Part(f"/incidents/{incident.id}", render_incident, (incident,), TEXT)


@pytest.fixture
def clock() -> Clock:
    rendered.clear()
    return Clock()


@pytest.fixture
def memory() -> MemorySink:
    return MemorySink()


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
    return database


@pytest.fixture
def publisher(world: Database, memory: MemorySink, clock: Clock) -> Publisher:
    return publisher_of(world, memory, clock)


def publisher_of(database: Database, memory: object, clock: Clock, owner: str = "one") -> Publisher:
    return Publisher(
        database,
        [memory],  # type: ignore[list-item]
        two_kinds_of_part,
        public_url="https://status.example",
        owner=owner,
        clock=clock,
    )


def opened(world: Database) -> Incident:
    with world.transaction() as session:
        said = words(components={"dashboard": ComponentStatus.MAJOR_OUTAGE})
        return open_incident(session, IncidentDraft("Dashboard down", said), now=NOW)


def body(memory: MemorySink, path: str = "/") -> str:
    assert memory.edition is not None
    return memory.edition.documents[path].body.decode()


def test_what_is_committed_is_published_once(world: Database, publisher: Publisher, memory: MemorySink) -> None:
    incident = opened(world)
    assert publisher.publish_if_owed() is not None
    assert "('dashboard', 'major_outage')" in body(memory)
    assert body(memory, f"/incidents/{incident.id}") == "Dashboard down investigating"
    assert publisher.publish_if_owed() is None


def test_only_what_moved_is_rendered_again(world: Database, publisher: Publisher, memory: MemorySink) -> None:
    old, new = opened(world), opened(world)
    publisher.publish()
    rendered.clear()
    with world.transaction() as session:
        post_update(session, new.id, words(), now=NOW)
    publisher.publish_if_owed()
    assert rendered == [new.id]
    assert f"/incidents/{old.id}" in memory.edition.documents  # type: ignore[union-attr]


def test_unchanged_bytes_keep_their_date(
    world: Database, publisher: Publisher, memory: MemorySink, clock: Clock
) -> None:
    incident = opened(world)
    publisher.publish()
    clock.now += timedelta(minutes=5)
    publisher.publish()
    documents = memory.edition.documents  # type: ignore[union-attr]
    assert documents[f"/incidents/{incident.id}"].modified_at == NOW
    assert documents["/"].modified_at == clock.now


def test_a_component_under_work_and_one_in_an_incident_show_it(
    world: Database, publisher: Publisher, memory: MemorySink
) -> None:
    opened(world)
    with world.transaction() as session:
        report_status(session, "forms", ComponentStatus.DEGRADED_PERFORMANCE, now=NOW)
    publisher.publish()
    assert "('forms', 'degraded_performance')" in body(memory)


def test_the_clock_alone_makes_it_publish_when_a_promise_passes(
    world: Database, publisher: Publisher, clock: Clock
) -> None:
    opened(world)
    publisher.publish()
    clock.now = SOON
    assert publisher.publish_if_owed() is None
    clock.now = SOON + timedelta(seconds=1)
    assert publisher.publish_if_owed() is not None


def test_midnight_in_the_organisations_zone_makes_it_publish(publisher: Publisher, clock: Clock) -> None:
    publisher.publish()
    midnight_in_chicago = NOW.replace(hour=5, minute=0)
    clock.now = midnight_in_chicago - timedelta(seconds=1)
    assert publisher.publish_if_owed() is None
    clock.now = midnight_in_chicago + timedelta(seconds=1)
    assert publisher.publish_if_owed() is not None


def test_while_another_holds_the_lease_it_stands_back(world: Database, publisher: Publisher, clock: Clock) -> None:
    with world.transaction() as session:
        assert take_lease(session, "another", clock(), timedelta(seconds=30))
    assert publisher.publish() is None
    with world.read() as session:
        assert has_unpublished(session)
    clock.now += timedelta(seconds=31)
    assert publisher.publish() is not None


def test_generations_only_grow_across_publishers(world: Database, clock: Clock) -> None:
    first, second, memory = MemorySink(), MemorySink(), MemorySink()
    editions = [publisher_of(world, sink, clock, owner=str(id(sink))).publish() for sink in (first, second, first)]
    assert [edition.generation for edition in editions if edition] == [1, 2, 3]
    for edition in reversed(editions):
        memory.put(edition)  # type: ignore[arg-type]
    assert memory.edition is editions[2]


def test_a_sink_that_fails_leaves_the_event_owed_and_the_others_served(
    world: Database, memory: MemorySink, clock: Clock
) -> None:
    broken = Publisher(
        world, [BrokenSink(), memory], two_kinds_of_part, public_url="https://status.example", owner="one", clock=clock
    )
    with pytest.raises(UnavailableError):
        broken.publish()
    assert memory.edition is not None
    with world.read() as session:
        assert has_unpublished(session)
        assert publication(session).lease_owner is None


def test_a_crash_between_sink_and_database_burns_a_number_and_publishes_again(
    world: Database, publisher: Publisher, memory: MemorySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError, match="killed"):
        patched.setattr(Publisher, "_finish", die)
        publisher.publish()
    assert memory.edition is not None
    shown = memory.edition.generation
    again = publisher.publish_if_owed()
    assert again is not None
    assert again.generation == shown + 1


def test_every_event_knows_the_generation_that_carries_it(world: Database, publisher: Publisher) -> None:
    opened(world)
    publisher.publish()
    with world.read() as session:
        assert {event.generation for event in session.exec(select(OutboxRow))} == {1}


def test_without_an_organisation_nothing_is_published_and_nothing_breaks(database: Database, clock: Clock) -> None:
    memory = MemorySink()
    assert publisher_of(database, memory, clock).publish() is None
    assert memory.edition is None


def test_a_younger_database_goes_on_from_what_stands_on_disk(world: Database, memory: MemorySink, clock: Clock) -> None:
    standing = Edition(generation=41, as_of=NOW, documents={})
    publisher = Publisher(
        world,
        [memory],
        two_kinds_of_part,
        public_url="https://status.example",
        owner="one",
        clock=clock,
        known=standing,
    )
    edition = publisher.publish()
    assert edition is not None
    assert edition.generation == 42


def test_the_assets_of_the_version_before_stay_for_pages_that_caches_hold(
    world: Database, memory: MemorySink, clock: Clock
) -> None:
    old = {path: compress(Source(path, TEXT, b"old"), NOW) for path in ("/static/page.0001.js", "/incidents/gone", "/")}
    publisher = Publisher(
        world,
        [memory],
        two_kinds_of_part,
        public_url="https://status.example",
        owner="one",
        clock=clock,
        known=Edition(generation=1, as_of=NOW, documents=old),
    )
    publisher.publish()
    publisher.publish()
    assert memory.edition is not None
    assert memory.edition.documents.keys() == {"/", "/static/page.0001.js"}
