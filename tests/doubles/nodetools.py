"""Judges of the HTML we write: html-validate for the source, axe-core for what a browser makes of it.

Both are Node packages that `make system` installs; a test that asks for them is skipped, with the
name of the package, where they are not. One rule of html-validate is off: a living page refreshes
itself inside <noscript>, for readers without script (the others get a pause button).
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page

_MODULES = Path(__file__).parents[2] / "node_modules"
_RULES = Path(__file__).with_name("html-validate.json")

# Everything that WCAG 2.2 A and AA ask, and what axe calls good practice beyond it. Target size is
# part of 2.2 AA, yet off unless asked for.
_AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}


def html_faults(documents: Mapping[str, str | bytes]) -> list[str]:
    """What html-validate finds in whole HTML documents, given by name: one line per fault.

    Ask once for many documents: starting Node costs more than reading them.
    """
    program = installed("html-validate", "html-validate/bin/html-validate.mjs")
    with tempfile.TemporaryDirectory() as folder:
        names = _write(documents, Path(folder))
        found = Path(folder, "found.json")  # a pipe would be cut short when Node exits
        command = [node(), program, "--config", _RULES, "--formatter", f"json={found}", *names]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"html-validate did not run: {done.stderr}")
        reports = json.loads(found.read_bytes())
    return [
        f"{names[Path(report['filePath']).name]}:{message['line']}: {message['ruleId']}: {message['message']}"
        for report in reports
        for message in report["messages"]
    ]


def axe_faults(page: Page) -> list[str]:
    """What axe-core finds on the open page: one line per element at fault."""
    source = installed("axe-core", "axe-core/axe.min.js").read_text(encoding="utf-8")
    page.evaluate(source)
    found = page.evaluate("options => axe.run(document, options)", _AXE_OPTIONS)
    return [
        f"{page.url}: {violation['id']}: {violation['help']}: {node['html'][:160]} ({node['failureSummary']})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def installed(package: str, path: str) -> Path:
    """A file of a Node package; skips, with the package's name, where it is not installed."""
    if not (_MODULES / path).exists():
        pytest.skip(f"the Node package {package} is not installed (make system)")
    return _MODULES / path


def node() -> str:
    """The program that runs Node packages; skips where it is not installed."""
    return shutil.which("node") or pytest.skip("the program node is not installed (make system)")


def _write(documents: Mapping[str, str | bytes], folder: Path) -> dict[str, str]:
    names = {}
    for number, (name, document) in enumerate(documents.items()):
        file = folder / f"{number}.html"
        file.write_bytes(document.encode() if isinstance(document, str) else document)
        names[file.name] = name
    return names
