"""`porchlight keys` as a person at a shell meets it."""

import json


def test_a_key_is_made_shown_once_listed_and_revoked(demo):
    assert demo("keys", "list").stdout == "There are no keys yet.\n"
    made = demo("keys", "create", "Night monitor", "--scope", "incidents:write", "--scope", "read", "--json")
    facts = json.loads(made.stdout)
    assert (facts["scopes"], facts["per_minute"], facts["revoked_at"]) == (["incidents:write", "read"], 60, None)
    assert facts["key"].startswith("porchlight_")
    listed = demo("keys", "list")
    assert f"…{facts['hint']}  Night monitor: incidents:write, read (last used never)" in listed.stdout
    assert facts["key"] not in listed.stdout + demo("keys", "list", "--json").stdout
    assert demo("keys", "revoke", str(facts["id"])).stdout == "The key of Night monitor is revoked.\n"
    assert demo("keys", "revoke", str(facts["id"]), "--json").returncode == 1
    assert "(revoked)" in demo("keys", "list").stdout


def test_a_key_for_nothing_is_refused_in_one_line(demo):
    for words in (("", "--scope", "read"), ("Monitor", "--scope", "read", "--per-minute", "0")):
        said = demo("keys", "create", *words)
        assert (said.returncode, said.stderr.count("\n")) == (1, 1)
        assert said.stderr.startswith("Refused: ")
    assert demo("keys", "revoke", "nosuchthing1").stderr.strip() == "Refused: There is no key “nosuchthing1”."


def test_the_key_of_a_shell_is_shown_whole(demo):
    said = demo("keys", "create", "Monitor", "--scope", "components:write", COLUMNS="20")
    assert said.stdout.count("porchlight_") == 1
    assert len(said.stdout.split("shown once: ")[1].strip()) == len("porchlight_") + 43
