"""What `deploy/` ships besides configuration of web servers: units, image, composition."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.front import DEPLOY

ROOT = DEPLOY.parent
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
WORST_EXPOSURE = 2.0
"""systemd's own scale goes to 10; what it calls "OK" ends below 4."""


@pytest.fixture(scope="module")
def analyze() -> str:
    return shutil.which("systemd-analyze") or pytest.skip("Debian's package systemd is not installed")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_every_line_of_a_unit(analyze, unit: Path, tmp_path: Path):
    here = tmp_path / unit.name
    here.write_text(re.sub(r"(?m)^(Exec\w+=)\S+", rf"\1{shutil.which('true')}", unit.read_text()))
    said = subprocess.run([analyze, "verify", str(here)], capture_output=True, text=True, timeout=30)
    about_it = [line for line in said.stderr.splitlines() if unit.name in line]
    assert (said.returncode, about_it) == (0, [])


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_shut_in(analyze, unit: Path):
    said = subprocess.run(
        [analyze, "security", "--offline=true", str(unit)], capture_output=True, text=True, timeout=30
    )
    found = re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)
    assert found, said.stdout[-500:]
    assert float(found[1]) <= WORST_EXPOSURE


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_there_is(unit: Path):
    found = re.search(r"(?m)^ExecStart=/srv/porchlight/\.venv/bin/porchlight (\S+)", unit.read_text())
    assert found, unit.name
    assert f"## `porchlight {found[1]}`" in (ROOT / "docs" / "commands.md").read_text()


def test_the_image_takes_all_that_runs_and_nothing_that_is_not_there():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = {name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]}
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {"app", "notifiers", "templates", "static", "migrations", "alembic.ini", "requirements.lock"} <= copied
    assert "USER porchlight" in lines


def test_the_composition_names_only_what_there_is():
    composition = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = composition["services"]
    mounted = [volume.split(":")[0] for volume in services["nginx"]["volumes"] if volume.startswith("./nginx/")]
    assert [name for name in mounted if not (DEPLOY / name).exists()] == []
    for name in ("web", "worker", "migrate"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True
    assert services["web"]["deploy"]["replicas"] >= 2


def test_the_example_of_settings_names_only_settings_that_there_are():
    known = (ROOT / "docs" / "settings.md").read_text()
    for line in (DEPLOY / "porchlight.env.example").read_text().splitlines():
        if line and not line.startswith("#"):
            name = line.partition("=")[0].removesuffix("_FILE")
            assert f"`{name}`" in known, name
