"""A host is lost with words that its last backup does not have; the page still says them, and they come back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.commands.taking_back import take_back
from app.domain.components import ComponentStatus
from app.domain.errors import RefusedError
from app.domain.incidents import Headings, Incident, IncidentStatus
from app.importers.published import PATHS, read_published, saved_documents
from app.monitor.backups import back_up
from app.monitor.restoring import restore
from app.publish.freeze import Freezer
from app.publish.statuspage import statuspage_parts
from app.store.incidents import incident_row, the_incident
from app.store.maintenance import the_maintenance
from app.store.notices import newest_notices
from app.store.outbox import has_unpublished
from app.store.schema import migrate
from app.store.session import Database
from tests.commands.world import NOW, build, words
from tests.publish.snapshots import rendered

KEY = "a backup key of more than thirty-two characters"
LATER = NOW + timedelta(minutes=30)
DOWN = {"dashboard": ComponentStatus.MAJOR_OUTAGE}
TOLD = Headings("A certificate ended.", "The supplier renews it.", "All tiles.", "The direct sign-ins.")


@dataclass(frozen=True)
class Hosts:
    """The host that is lost and the one that takes over, which has the backup of `NOW` alone."""

    lost: Database
    new: Database
    incident_id: str

    def published(self) -> dict[str, bytes]:
        """What readers of the lost host could see last."""
        with self.lost.read() as session:
            snapshot = Freezer("https://status.example").freeze(session, LATER)
        return {source.path: source.body for source in rendered(statuspage_parts, snapshot) if source.path in PATHS}

    def take_back(self, documents: Mapping[str, bytes] | None = None) -> list[str]:
        with self.new.transaction() as session:
            return take_back(session, read_published(documents or self.published()), since=NOW, now=LATER)

    def incident(self, incident_id: str = "") -> Incident:
        with self.new.read() as session:
            found = the_incident(session, incident_id or self.incident_id)
        assert found
        return found


@pytest.fixture
def hosts(database: Database, empty_database: Database, tmp_path: Path) -> Hosts:
    with database.transaction() as session:
        build(session)
        at = NOW - timedelta(minutes=10)
        incident = open_incident(session, IncidentDraft("Nobody can sign in", words(components=DOWN)), now=at)
    made = back_up(database, tmp_path / "one", tmp_path / "backups", KEY, keep=3, now=NOW)
    restore(empty_database, tmp_path / "two", made.path, KEY, now=LATER)
    migrate(empty_database)
    return Hosts(database, empty_database, incident.id)


def say(hosts: Hosts, at: datetime, **fields: object) -> None:
    with hosts.lost.transaction() as session:
        post_update(session, hosts.incident_id, words(**fields), now=at)  # type: ignore[arg-type]


def said(incident: Incident) -> Iterable[tuple[IncidentStatus, datetime | None]]:
    return [(update.status, update.next_update_at) for update in incident.updates]


def test_what_was_said_after_the_backup_comes_back_word_for_word_with_its_promise(hosts: Hosts) -> None:
    promised = LATER + timedelta(hours=1)
    say(hosts, NOW + timedelta(minutes=5), status=IncidentStatus.IDENTIFIED, headings=TOLD, next_update_at=promised)
    assert hosts.take_back() == ["Nobody can sign in"]
    found = hosts.incident()
    assert (found.status, found.promised_at) == (IncidentStatus.IDENTIFIED, promised)
    assert len(found.updates) == 2
    told = found.updates[-1].body
    assert all(sentence in told for sentence in (TOLD.what_happened, TOLD.what_we_are_doing, TOLD.how_to_reach))


def test_an_end_that_was_told_after_the_backup_ends_it_here_too(hosts: Hosts) -> None:
    well = {"dashboard": ComponentStatus.OPERATIONAL}
    say(hosts, NOW + timedelta(minutes=5), status=IncidentStatus.RESOLVED, components=well)
    hosts.take_back()
    found = hosts.incident()
    assert found.resolved_at == NOW + timedelta(minutes=5)
    assert [item.status for item in found.components] == [ComponentStatus.OPERATIONAL]


def test_what_began_after_the_backup_comes_back_under_its_own_address(hosts: Hosts) -> None:
    at = NOW + timedelta(minutes=7)
    window = {"scheduled_for": LATER + timedelta(days=1), "scheduled_until": LATER + timedelta(days=1, hours=2)}
    draft = MaintenanceDraft(title="Forms upgrade", body="Forms close.", components=["forms"], **window)
    with hosts.lost.transaction() as session:
        other = open_incident(session, IncidentDraft("Forms are slow", words(components=DOWN)), now=at)
        work = schedule_maintenance(session, draft, now=at)
    assert set(hosts.take_back()) == {"Forms are slow", "Forms upgrade"}
    found = hosts.incident(other.id)
    assert (found.title, found.is_open, found.created_at) == ("Forms are slow", True, at)
    assert found.urgency is other.urgency
    with hosts.new.read() as session:
        planned = the_maintenance(session, work.id)
    assert planned
    assert (planned.title, planned.scheduled_for) == ("Forms upgrade", window["scheduled_for"])


def test_the_same_words_are_taken_back_once(hosts: Hosts) -> None:
    say(hosts, NOW + timedelta(minutes=5))
    assert hosts.take_back()
    before = hosts.incident()
    assert hosts.take_back() == []
    assert hosts.incident() == before


def test_it_publishes_them_and_tells_nobody_again(hosts: Hosts) -> None:
    with hosts.new.read() as session:
        before = [notice.id for notice in newest_notices(session)]
    say(hosts, NOW + timedelta(minutes=5))
    hosts.take_back()
    with hosts.new.read() as session:
        assert [notice.id for notice in newest_notices(session)] == before
        assert has_unpublished(session)


def test_what_was_taken_off_the_page_before_the_backup_stays_off(hosts: Hosts) -> None:
    """The bucket may be minutes behind: an older word that the backup does not have was removed on purpose."""
    documents = hosts.published()
    with hosts.new.transaction() as session:
        row = incident_row(session, hosts.incident_id)
        assert row
        row.hidden_at = NOW
    say(hosts, NOW + timedelta(minutes=5))
    assert hosts.take_back(documents) == hosts.take_back() == []


def test_a_new_word_can_be_said_afterwards(hosts: Hosts) -> None:
    say(hosts, NOW + timedelta(minutes=5))
    hosts.take_back()
    with hosts.new.transaction() as session:
        after = post_update(session, hosts.incident_id, words(), now=LATER)
    assert len({update.number for update in after.updates}) == len(after.updates) == 3


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"incidents": [1]}', b'{"incidents": [{"id": "a"}]}'])
def test_documents_that_are_none_are_refused_in_words(content: bytes) -> None:
    with pytest.raises(RefusedError):
        read_published({PATHS[0]: content})


def test_documents_saved_by_hand_do_as_well(hosts: Hosts, tmp_path: Path) -> None:
    say(hosts, NOW + timedelta(minutes=5))
    for path, body in hosts.published().items():
        (tmp_path / Path(path).name).write_bytes(body)
    assert hosts.take_back(saved_documents(tmp_path)) == ["Nobody can sign in"]
    with pytest.raises(RefusedError, match=r"no incidents\.json"):
        saved_documents(tmp_path / "nowhere")
