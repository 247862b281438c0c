"""`porchlight subscribers` as a person at a shell meets it."""

LIST = """channel,address,consent_on,consent_proof
sms,202-555-0142,2025-11-02,Paper form 118
email,ana@mailbox.example,2025-11-02,
"""


def test_a_list_goes_in_and_comes_out(demo):
    (demo.folder / "list.csv").write_text(LIST, encoding="utf-8")
    said = demo("subscribers", "import", "list.csv")
    assert (said.returncode, "1 new, 0 here already, 1 skipped." in said.stdout) == (0, True)
    assert "Skipped line 3: There is no proof" in said.stdout
    assert demo.facts("subscribers", "import", "list.csv")["unchanged"] == 1
    exported = demo("subscribers", "export").stdout
    assert "sms,+12025550142,active" in exported
    assert demo("subscribers", "export", "--to", "out.csv").stdout == "Wrote 1 subscriptions.\n"
    again = demo("subscribers", "export", "--to", "out.csv")
    assert (again.returncode, "cannot be written" in again.stderr) == (1, True)
    person = demo("subscribers", "export", "--address", "(202) 555-0142")
    assert '"Paper form 118"' in person.stdout.replace("2025-11-02: ", "")


def test_a_change_of_key_keeps_everybody(demo):
    (demo.folder / "list.csv").write_text(LIST, encoding="utf-8")
    demo("subscribers", "import", "list.csv")
    new = "a new secret key of many characters"
    lost = demo("subscribers", "export", PORCHLIGHT_SECRET_KEY=new)
    assert (lost.returncode, "Refused" in lost.stderr) == (1, True)
    old = "development-only-secret-key"
    moved = demo("subscribers", "rekey", PORCHLIGHT_SECRET_KEY=new, PORCHLIGHT_OLD_SECRET_KEYS=old)
    assert moved.stdout.startswith("1 subscriptions are under the current key")
    assert "+12025550142" in demo("subscribers", "export", PORCHLIGHT_SECRET_KEY=new).stdout


def test_a_list_that_is_none_is_refused_in_one_line(demo):
    (demo.folder / "list.csv").write_text("name\nAna\n", encoding="utf-8")
    for file in ("list.csv", "nowhere.csv"):
        said = demo("subscribers", "import", file)
        assert (said.returncode, said.stderr.strip().startswith("Refused: ")) == (1, True)
        assert "Traceback" not in said.stderr


def test_a_subscriber_hears_of_drills_until_told_otherwise(demo):
    (demo.folder / "list.csv").write_text(LIST, encoding="utf-8")
    demo("subscribers", "import", "list.csv")
    assert demo("subscribers", "drills", "202-555-0142").stdout == "It hears of drills now.\n"
    assert demo("subscribers", "drills", "202-555-0142", "--off").stdout == "It hears of drills no longer.\n"
    acts = demo("audit", "export").stdout
    assert "subscriber.made_test_recipient" in acts
    assert "subscriber.unmade_test_recipient" in acts
    unknown = demo("subscribers", "drills", "nobody@mailbox.example")
    assert (unknown.returncode, "Nobody is subscribed" in unknown.stderr) == (1, True)


def test_an_address_is_erased_only_when_somebody_is_sure(demo):
    (demo.folder / "list.csv").write_text(LIST, encoding="utf-8")
    demo("subscribers", "import", "list.csv")
    asked = demo("subscribers", "erase", "202-555-0142")
    assert (asked.returncode, "Say --sure" in asked.stderr) == (1, True)
    assert demo("subscribers", "erase", "202-555-0142", "--sure").stdout == "Erased.\n"
    assert "+12025550142" not in demo("subscribers", "export").stdout
    assert "subscriber.erased" in demo("audit", "export").stdout
