"""Rows of the tests that prove copies and stand-ins, and the queries that name them (R57)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import urlsplit

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.components import Component
from app.domain.redundancy import Safeguard, Test
from app.store.columns import Moment, new_id
from app.store.components import ComponentRow
from app.store.failovers import FailoverRunRow, SwitchRow

_SWITCHED = "Its name was pointed here, and members were seen to arrive"


class SafeguardTestRow(SQLModel, table=True):
    """One test of one component's copy or stand-in that worked."""

    __tablename__ = "safeguard_test"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    component_id: str = Field(foreign_key="component.id", index=True)
    safeguard: str
    tested_on: date
    words: str = ""
    noted_by: str | None = Field(default=None, foreign_key="account.id")
    noted_at: datetime = Field(sa_type=Moment)


def newest_tests(session: Session, components: list[Component]) -> Mapping[str, Mapping[Safeguard, Test]]:
    """The newest test of each safeguard, by slug of the component; two statements.

    A failover of a name counts as a switch test of the component that lives at it, once it was measured.
    """
    found: defaultdict[str, dict[Safeguard, Test]] = defaultdict(dict)
    rows = select(ComponentRow.slug, SafeguardTestRow).join(
        ComponentRow, col(ComponentRow.id) == col(SafeguardTestRow.component_id)
    )
    for slug, row in session.exec(rows.order_by(col(SafeguardTestRow.tested_on))):
        found[slug][Safeguard(row.safeguard)] = Test(Safeguard(row.safeguard), row.tested_on, row.words)
    switched = _measured_switches(session)
    for component in components:
        on = switched.get(urlsplit(component.normal_url or "").hostname or "")
        known = found.get(component.slug, {}).get(Safeguard.STAND_IN)
        if on and (known is None or known.on < on):
            found[component.slug][Safeguard.STAND_IN] = Test(
                Safeguard.STAND_IN, on, "The name was pointed here and back"
            )
    return dict(found)


def _measured_switches(session: Session) -> dict[str, date]:
    """By name, the last day on which its switch was thrown and members were seen to arrive."""
    runs = (
        select(SwitchRow.name, FailoverRunRow.planned_at)
        .join(SwitchRow, col(SwitchRow.id) == col(FailoverRunRow.switch_id))
        .where(col(FailoverRunRow.measured_minutes).is_not(None))
        .order_by(col(FailoverRunRow.planned_at))
    )
    return {name: at.date() for name, at in session.exec(runs)}
