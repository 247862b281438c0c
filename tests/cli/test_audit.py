"""`porchlight audit`, and who the log says has typed a command."""

import getpass
import json
import re
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from app.commands.audit import note
from app.domain.audit import Subject
from app.domain.evidence import AUDIT, MANIFEST, digest_of, manifest_of
from app.publish.evidence import packed
from app.store.session import Database
from app.store.staff_messages import StaffMessageRow


def lines_of(shell):
    return [json.loads(line) for line in shell("audit", "export").stdout.splitlines()]


def test_what_is_typed_is_noted_with_the_user_of_the_machine(demo, monkeypatch):
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.9 50000 192.0.2.1 22")
    demo("post", "--new", "Lockboxes are slow", "--status", "investigating", "--body", "We are looking.")
    opened = next(
        line for line in lines_of(demo) if line["act"] == "incident.opened" and line["means"] == "command_line"
    )
    assert opened["name"].startswith(f"{getpass.getuser()}@")
    assert opened["address"] == "192.0.2.9"
    assert opened["after"]["title"] == "Lockboxes are slow"


def test_behind_sudo_it_is_the_person_who_asked(demo):
    demo("post", "--new", "Forms are slow", "--status", "investigating", "--body", "We look.", SUDO_USER="maria")
    assert any(line["name"].startswith("maria@") for line in lines_of(demo))


def test_a_whole_log_is_verified_and_tells_its_head(demo):
    said = demo("audit", "verify")
    assert said.returncode == 0
    head = re.search(r"Its head is (\d+:[0-9a-f]{64})", said.stdout)[1]
    assert demo("audit", "verify", "--head", head).returncode == 0
    assert demo.facts("audit", "verify")["is_whole"] is True


def test_an_altered_log_is_named_and_ends_with_one(demo):
    database = Database.open(f"sqlite:///{demo.folder}/porchlight.db")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
        connection.exec_driver_sql("UPDATE audit_entry SET act = 'incident.hidden' WHERE seq = 2")
    database.close()
    said = demo("audit", "verify")
    assert said.returncode == 1
    assert "broken at entry 2. Entry 2 was altered." in said.stdout
    assert json.loads(demo("audit", "verify", "--json").stdout)["broken_at"] == 2


def test_a_kept_head_shows_that_the_tail_was_cut(demo):
    said = demo("audit", "verify", "--head", f"999:{'0' * 64}")
    assert said.returncode == 1
    assert "the one that was kept is 999" in said.stdout


@pytest.mark.parametrize("head", ["7", "7:abc", f"x:{'0' * 64}"])
def test_what_is_no_head_is_refused_in_one_line(demo, head):
    said = demo("audit", "verify", f"--head={head}")
    assert (said.returncode, "is not a head" in said.stderr) == (1, True)


def test_a_member_list_that_goes_in_or_out_is_noted_once(demo):
    (demo.folder / "list.csv").write_text(
        "channel,address,consent_on,consent_proof\nsms,202-555-0142,2025-11-02,Paper form 118\n", encoding="utf-8"
    )
    demo("subscribers", "import", "list.csv")
    demo("subscribers", "export")
    noted = [line for line in lines_of(demo) if line["act"].startswith("subscribers.")]
    assert [line["act"] for line in noted] == ["subscribers.imported", "subscribers.exported"]
    assert noted[0]["after"] == {"created": 1, "unchanged": 0, "skipped": 0}
    assert "5550142" not in json.dumps(noted)


def test_the_log_goes_into_a_file_that_is_not_there_yet(demo):
    assert demo("audit", "export", "--to", "log.jsonl").stdout.startswith("Wrote ")
    assert (demo.folder / "log.jsonl").stat().st_mode & 0o777 == 0o600
    again = demo("audit", "export", "--to", "log.jsonl")
    assert (again.returncode, "cannot be written" in again.stderr) == (1, True)


def test_what_is_posted_from_the_command_line_is_announced_to_the_leaders(demo):
    demo("accounts", "add", "cal@ops.example", "--name", "Cal", "--role", "commander")
    demo("post", "--new", "Lockboxes are slow", "--status", "investigating", "--body", "We are looking.")
    database = Database.open(f"sqlite:///{demo.folder}/porchlight.db")
    with database.read() as session:
        (told,) = session.exec(select(StaffMessageRow)).all()
    database.close()
    assert told.subject.endswith("published from the command line: Lockboxes are slow")


def test_codes_for_posting_are_not_codes_for_signing_in(demo):
    demo("accounts", "add", "cal@ops.example", "--name", "Cal", "--role", "commander")
    said = demo("accounts", "codes", "cal@ops.example", "--posting")
    assert "Each works for one text" in said.stdout
    assert len(demo.facts("accounts", "codes", "cal@ops.example", "--posting")["codes"]) == 10
    (person,) = demo.facts("accounts", "list")
    assert person["printed_codes_left"] == 0


def test_r71_evidence_is_proved_against_itself_and_against_what_was_noted_here(demo, tmp_path):
    files = {AUDIT: demo("audit", "export").stdout.encode(), "record.json": b"{}"}
    files |= {MANIFEST: manifest_of(files, {"incident": "one"})}
    whole, altered = tmp_path / "whole.zip", tmp_path / "altered.zip"
    whole.write_bytes(packed(files))
    altered.write_bytes(packed(files | {"record.json": b"[]"}))
    stranger = demo("audit", "evidence", str(whole))
    assert (stranger.returncode, "is not noted in the audit log here" in stranger.stdout) == (1, True)
    database = Database.open(f"sqlite:///{demo.folder}/porchlight.db")
    with database.transaction() as session:
        facts = {"manifest": digest_of(files[MANIFEST])}
        note(session, "evidence.exported", Subject("incident", "one"), after=facts, now=datetime.now(UTC))
    database.close()
    assert demo("audit", "evidence", str(whole)).returncode == 0
    assert demo.facts("audit", "evidence", str(whole))["is_noted"] is True
    said = demo("audit", "evidence", str(altered))
    assert (said.returncode, "record.json was altered." in said.stdout) == (1, True)
    assert demo("audit", "evidence", str(tmp_path / "none.zip")).returncode == 1
