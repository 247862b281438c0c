"""`python -m bench [NAME ...]`: run the benches side by side and print their tables.

With `--write` each table also replaces the one between its markers in bench/README.md.
"""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from bench import (
    console,
    detection,
    ledger,
    long_history,
    open_connections,
    pacing,
    probes,
    public_get,
    publish_to_visible,
    sending,
)
from bench.harness import MissingProgramError

BENCHES: dict[str, Callable[[], str]] = {
    "public_get": public_get.run,
    "publish_to_visible": publish_to_visible.run,
    "long_history": long_history.run,
    "open_connections": open_connections.run,
    "ledger": ledger.run,
    "sending": sending.run,
    "pacing": pacing.run,
    "console": console.run,
    "probes": probes.run,
    "detection": detection.run,
}
"""Name → a function that measures and returns its report as Markdown."""

_README = Path(__file__).with_name("README.md")


def main() -> int:
    """Run the benches named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHES)}")
    parser.add_argument("--write", action="store_true", help="put the tables into bench/README.md")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no bench called {', '.join(unknown)}")
    return _run(arguments.names or list(BENCHES), write=arguments.write)


def _run(names: list[str], *, write: bool) -> int:
    for name in names:
        try:
            report = BENCHES[name]()
        except MissingProgramError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
        print(f"{name}\n\n{report}\n", flush=True)
        if write:
            _keep(name, report)
    return 0


def _keep(name: str, report: str) -> None:
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    text = re.sub(
        f"{re.escape(begin)}.*?{re.escape(end)}",
        lambda _: f"{begin}{report}\n{end}",
        _README.read_text(),
        flags=re.DOTALL,
    )
    _README.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
