"""`porchlight drill`: a failure played through at the shell, which members hear nothing of (R70)."""


def test_r70_a_drill_begins_and_ends_with_its_points_and_stays_off_the_page(demo):
    begun = demo.facts("drill", "start", "The dashboard is down", "--component", "sso-dashboard")
    assert begun["incident"]
    assert begun["ended_at"] is None
    demo("publish", "--to", "page")
    page = (demo.folder / "page" / "current" / "index.html").read_text(encoding="utf-8")
    assert "The dashboard is down" not in page
    ended = demo.facts("drill", "end", "--section", "1", "--link", "forms")
    assert ended["incident"] == begun["incident"]
    assert (ended["sections"], ended["links"]) == ([1], ["forms"])
    assert 0 <= ended["points"] <= 100


def test_a_second_drill_and_a_drill_that_never_began_are_refused_in_words(demo):
    none = demo("drill", "end")
    assert none.returncode == 1
    assert "No drill" in none.stderr + none.stdout
    demo("drill", "start", "The dashboard is down", "--component", "sso-dashboard")
    second = demo("drill", "start", "Forms are down", "--component", "forms")
    assert second.returncode == 1
    assert "Traceback" not in second.stderr
