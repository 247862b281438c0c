"""The demo's escalation matrix and its vendors: who is called for its outage, and who calls whom (R15, R16)."""

from datetime import UTC, datetime, timedelta

from sqlmodel import select

from app.commands.call_outs import tend_call_outs
from app.domain.escalation import By
from app.importers.demo import load_demo
from app.importers.demo_file import read_demo
from app.store.escalation import matrix
from app.store.incidents import open_incidents
from app.store.pages import PageRow, pages_of
from app.store.session import Database
from tests.commands.sign_ups import VAULT

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


def test_every_step_of_the_file_is_a_row(database: Database) -> None:
    load_demo(database, VAULT, now=NOW)
    with database.read() as session:
        found = [
            (step.severity, step.after_minutes, step.only_unanswered, step.notify, step.by) for step in matrix(session)
        ]
    wanted = [
        (severity, raw["after_minutes"], "if" in raw, tuple(raw["notify"]), tuple(map(By, raw["by"])))
        for severity, steps in read_demo()["escalation_matrix"].items()
        for raw in steps
    ]
    assert found == wanted


def test_its_outage_calls_those_on_duty_then_the_backup_the_executive_and_the_vendor(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    load_demo(database, VAULT, now=NOW, outage=True)
    called: list[set[tuple[str, str]]] = []
    with database.read() as session:
        began_at = open_incidents(session)[0].created_at
    seen: set[str] = set()
    for minutes in (0, 10, 20, 60):
        with database.transaction() as session:
            tend_call_outs(session, now=began_at + timedelta(minutes=minutes))
        with database.read() as session:
            pages = pages_of(session, [row.call_out_id for row in session.exec(select(PageRow))])
        called.append({(page.to, page.by.value) for page in pages if page.id not in seen})
        seen |= {page.id for page in pages}
    database.close()
    both = ("phone", "sms")
    assert called[0] == {(name, way) for name in ("Ines Okafor", "Tess Marchetti", "Noor Hadley") for way in both}
    assert {("Lupe Arrington", way) for way in both} <= called[1]
    assert ("Hank Dufresne", "phone") in called[2]
    assert ("Gatehouse Identity, +1 202-555-0161", "phone") in called[3]
