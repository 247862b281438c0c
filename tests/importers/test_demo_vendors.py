"""The demo's vendors: exactly the flags of its file, and alarms before it is too late (R67)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.commands.accounts import add_account
from app.commands.vendors import tend_contracts
from app.domain.accounts import Role
from app.domain.audit import CLOCK
from app.domain.vendors import Flag, flags_of
from app.importers.demo import load_demo
from app.importers.demo_file import read_demo
from app.store.session import Database
from app.store.staff_messages import owed_staff_messages
from app.store.vendors import all_vendors, vendors_of
from tests.commands.sign_ups import VAULT

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
"""Noon on the file's own day."""


@pytest.fixture
def demo(database: Database) -> Database:
    load_demo(database, VAULT, now=NOW)
    return database


def said(flag: Flag, notice_by: date) -> str:
    return f"{flag}_{notice_by}" if flag is Flag.NOTICE_OPENS else flag.value


def test_r67_the_flags_are_exactly_those_of_the_file(demo: Database) -> None:
    wanted = {each["vendor"]: each.get("flags", []) for each in read_demo()["contracts"]}
    with demo.read() as session:
        vendors = {vendor.key: vendor.contract for vendor in all_vendors(session)}
    found = {
        key: [said(flag, contract.notice_by) for flag in flags_of(contract, NOW.date())]
        for key, contract in vendors.items()
        if contract
    }
    assert found == wanted
    assert sum(map(bool, found.values())) == 3


def test_r67_each_alarm_comes_once_and_before_the_last_day_for_notice(demo: Database) -> None:
    with demo.transaction() as session:
        add_account(session, "ines@mls.example", "Ines", Role.SERVICE_MANAGER, "gravel otter teapot", now=NOW)
    told = []
    for day in range(46):
        at = NOW + timedelta(days=day)
        for _ in range(2):
            with demo.transaction(by=CLOCK) as session:
                told += [(vendor.key, day) for vendor in tend_contracts(session, now=at)]
    # Day 0 is November 21; notice by December 30, December 31 and January 1.
    assert [day for key, day in told if key == "v-doorstep"] == [0, 9, 25, 32, 38]
    assert [day for key, day in told if key == "v-quill"] == [0, 10, 26, 33, 39]
    assert [day for key, day in told if key == "v-postroom"] == [0, 11, 27, 34, 40]
    assert len(told) == 15
    with demo.read() as session:
        first = owed_staff_messages(session, NOW, 1)[0].text
    assert "- Quill Forms: notice by December 31, 2026, in 40 days; it ends April 30, 2027." in first


def test_r67_whom_to_call_about_a_component_is_known(demo: Database) -> None:
    with demo.read() as session:
        (found,) = vendors_of(session, ["esign"])
    assert (found.name, found.escalation) == ("Quill Forms", "+1 202-555-0164")
    assert found.status_page == "https://status.quillforms.example"
