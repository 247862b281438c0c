"""The one publisher: its row and its lease."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from app.store.publication import take_lease
from app.store.session import Database

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_two_new_workers_make_the_row_of_the_publication_once(database: Database) -> None:
    """Each asks for the lease of a page that was never published; one gets it, and neither fails."""

    def ask(owner: str) -> bool:
        with database.transaction() as session:
            return take_lease(session, owner, NOW, timedelta(minutes=1))

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ask, ("one", "two"))) == [False, True]
