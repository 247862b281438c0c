"""`porchlight subscribers` as a person at a shell meets it."""

import pytest

from tests.cli.test_cli import Shell

LIST = """channel,address,consent_on,consent_proof
sms,202-555-0142,2025-11-02,Paper form 118
email,ana@mailbox.example,2025-11-02,
"""


@pytest.fixture
def shell(tmp_path, sqlite_url) -> Shell:
    shell = Shell(tmp_path, sqlite_url)
    assert shell("demo", "load").returncode == 0
    return shell


def test_a_list_goes_in_and_comes_out(shell):
    (shell.folder / "list.csv").write_text(LIST, encoding="utf-8")
    said = shell("subscribers", "import", "list.csv")
    assert (said.returncode, "1 new, 0 here already, 1 skipped." in said.stdout) == (0, True)
    assert "Skipped line 3: There is no proof" in said.stdout
    assert shell.facts("subscribers", "import", "list.csv")["unchanged"] == 1
    exported = shell("subscribers", "export").stdout
    assert "sms,+12025550142,active" in exported
    assert shell("subscribers", "export", "--to", "out.csv").stdout == "Wrote 1 subscriptions.\n"
    again = shell("subscribers", "export", "--to", "out.csv")
    assert (again.returncode, "cannot be written" in again.stderr) == (1, True)
    person = shell("subscribers", "export", "--address", "(202) 555-0142")
    assert '"Paper form 118"' in person.stdout.replace("2025-11-02: ", "")


def test_a_change_of_key_keeps_everybody(shell):
    (shell.folder / "list.csv").write_text(LIST, encoding="utf-8")
    shell("subscribers", "import", "list.csv")
    new = "a new secret key of many characters"
    lost = shell("subscribers", "export", PORCHLIGHT_SECRET_KEY=new)
    assert (lost.returncode, "Refused" in lost.stderr) == (1, True)
    old = "development-only-secret-key"
    moved = shell("subscribers", "rekey", PORCHLIGHT_SECRET_KEY=new, PORCHLIGHT_OLD_SECRET_KEYS=old)
    assert moved.stdout.startswith("1 subscriptions are under the current key")
    assert "+12025550142" in shell("subscribers", "export", PORCHLIGHT_SECRET_KEY=new).stdout


def test_a_list_that_is_none_is_refused_in_one_line(shell):
    (shell.folder / "list.csv").write_text("name\nAna\n", encoding="utf-8")
    for file in ("list.csv", "nowhere.csv"):
        said = shell("subscribers", "import", file)
        assert (said.returncode, said.stderr.strip().startswith("Refused: ")) == (1, True)
        assert "Traceback" not in said.stderr
