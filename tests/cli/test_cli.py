"""The `porchlight` command as a person at a shell meets it: one line, an exit code, nothing half done."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.store.rates import set_sender, stop_sender
from app.store.session import Database
from tests.cli.shell import Shell

ROOT = Path(__file__).parents[2]


OUTAGE = ("post", "--new", "Dashboard down", "--status", "investigating", "--body", "Nobody can sign in.")


def test_a_post_opens_an_incident_and_publishes_it(
    set_up: Shell, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", database_url)
    demo = set_up
    assert demo("demo", "load").returncode == 0
    facts = demo.facts(*OUTAGE, "--component", "sso-dashboard=major_outage")
    assert facts["status"] == "investigating"
    assert facts["generation"]
    summary = json.loads(demo.document("api/v2/summary.json"))
    assert [incident["name"] for incident in summary["incidents"]] == ["Dashboard down"]
    assert summary["incidents"][0]["id"] == facts["incident"]
    assert summary["incidents"][0]["next_update_at"] is not None


def test_a_later_post_resolves_it(demo: Shell) -> None:
    incident = str(demo.facts(*OUTAGE)["incident"])
    facts = demo.facts("post", "--incident", incident, "--status", "resolved", "--body", "It works again.")
    assert facts["promised_at"] is None
    assert json.loads(demo.document("api/v2/summary.json"))["incidents"] == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--component", "ghost=major_outage"), "“ghost”"),
        (("--component", "sso-dashboard=broken"), "is not SLUG=STATUS"),
        (("--next-update", "2020-01-01T00:00:00Z"), "already passed"),
        (("--next-update", "soon"), "is not a time"),
        (("--body", "x" * 25_001), "25,001 characters"),
    ],
    ids=["unknown component", "unknown status", "promise in the past", "no time", "too long"],
)
def test_a_refused_post_says_why_and_does_nothing(demo: Shell, words: tuple[str, ...], sentence: str) -> None:
    answer = demo(*OUTAGE, *words)
    assert answer.returncode == 1
    assert sentence in answer.stderr.replace("\n", "")
    assert "Traceback" not in answer.stderr
    demo("publish")
    assert json.loads(demo.document("api/v2/summary.json"))["incidents"] == []


def test_a_time_without_a_zone_is_the_organisations(demo: Shell) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT12:00")
    promised = str(demo.facts(*OUTAGE, "--next-update", tomorrow)["promised_at"])
    assert datetime.fromisoformat(promised).astimezone(UTC).hour in (17, 18)


def test_it_wants_either_a_new_title_or_an_incident(demo: Shell) -> None:
    answer = demo("post", "--status", "investigating", "--body", "x")
    assert answer.returncode == 1
    assert "either --incident ID or --new TITLE" in answer.stderr


def test_publishing_into_a_folder_writes_every_document(demo: Shell) -> None:
    facts = demo.facts("publish", "--to", str(demo.folder / "copy"))
    written = [path for path in (demo.folder / "copy").rglob("*") if path.is_file()]
    assert len(written) >= int(str(facts["documents"]))


def test_publishing_without_an_organisation_is_refused_in_words(shell: Shell) -> None:
    shell("migrate")
    answer = shell("publish")
    assert answer.returncode == 1
    assert "no organisation" in answer.stderr.replace("\n", " ")


def test_a_person_is_added_once(shell: Shell) -> None:
    shell("migrate")
    words = ("accounts", "add", "tess@elsewhere.example", "--name", "Tess Marchetti", "--password-stdin")
    assert shell(*words, typed="a quiet porch in the rain\n").returncode == 0
    again = shell(*words, typed="a quiet porch in the rain\n")
    assert again.returncode == 1
    assert "already" in again.stderr


def test_the_doctor_fails_before_anything_is_set_up_and_says_what_to_do(shell: Shell) -> None:
    answer = shell("doctor", "--json")
    assert answer.returncode == 1
    words = {check["name"]: check["remedy"] for check in json.loads(answer.stdout)}
    assert "demo load" in words["organisation"] or "migrate" in words["database"]


def test_the_doctor_is_content_with_a_working_installation(demo: Shell) -> None:
    demo("accounts", "add", "tess@elsewhere.example", "--name", "Tess")
    demo("publish")
    answer = demo("doctor", "--json")
    assert answer.returncode == 0, answer.stdout
    findings = {check["name"]: check["finding"] for check in json.loads(answer.stdout)}
    assert findings["documents"] == findings["sqlite"] == findings["database"] == "ok"
    assert (findings["channel sms"], findings["channel webhook"]) == ("warn", "ok")


def test_the_doctor_says_why_a_channel_is_stopped(demo: Shell) -> None:
    database = Database.open(os.environ["PORCHLIGHT_DATABASE_URL"])
    with database.transaction() as session:
        set_sender(session, "email", 14.0)
        stop_sender(session, "email", "SES has suspended our account.", datetime.now(UTC))
    database.close()
    answer = demo("doctor", "--json")
    assert answer.returncode == 1
    found = {check["name"]: check for check in json.loads(answer.stdout)}
    assert found["channel email"]["finding"] == "fail"
    assert "suspended" in found["channel email"]["words"]


def test_the_doctor_names_a_database_that_is_away(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    answer = shell("doctor")
    assert answer.returncode == 1
    assert "cannot be used" in answer.stdout.replace("\n", " ")


def test_unsafe_settings_are_refused_by_name_in_a_process_of_its_own(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "app.cli", "migrate"],
        env={**os.environ, "PORCHLIGHT_ENVIRONMENT": "production", "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert "PORCHLIGHT_SECRET_KEY" in answer.stderr.replace("\n", "")
    assert "Traceback" not in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_import_is_reported_and_repeatable(demo: Shell) -> None:
    history = ROOT / "tests" / "importers" / "fixtures" / "statuspage"
    first = demo.facts("import", "statuspage", str(history))
    second = demo.facts("import", "statuspage", str(history))
    assert int(str(first["created"])) > 0
    assert (second["created"], second["changed"]) == (0, 0)


def test_a_malformed_import_is_refused_and_nothing_arrives(demo: Shell) -> None:
    broken = demo.folder / "incidents.json"
    broken.write_text('{"incidents": [', encoding="utf-8")
    answer = demo("import", "statuspage", str(broken))
    assert answer.returncode == 1
    assert "incidents.json" in answer.stderr.replace("\n", "")
