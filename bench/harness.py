"""What every bench shares: processes side by side, CPU by `/proc`, load by wrk, medians, one table.

Contestants are measured in turns within one run, so that whatever else the machine does falls on
all of them alike; what is reported is the median of the rounds, and the ratio to the first.
"""

import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_RETRY = 0.05


class MissingProgramError(Exception):
    """A program that the bench compares with or drives is not installed."""


@dataclass(frozen=True)
class Load:
    """What wrk saw. `failed` counts broken connections and answers that were not 2xx or 3xx."""

    requests: int
    failed: int
    seconds: float
    p99_ms: float


@dataclass(frozen=True)
class Row:
    """One line of the table: a contestant and its median figures, formatted."""

    cells: tuple[str, ...]


def program(name: str) -> str:
    """The path of an installed program.

    Raises:
        MissingProgramError: it is not there; the message says what to run.
    """
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MissingProgramError(f"{name} is not installed: run `make system` first.")
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time that a process and its threads have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def children(pid: int) -> list[int]:
    """The direct children of a process (nginx does its work in one)."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str], port: int, env: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run a server until the block ends; yields its process id once the port answers.

    Raises:
        RuntimeError: the server ended, or did not listen within thirty seconds.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **(env or {})})
        try:
            _wait_for(port, process)
            yield process.pid
        except RuntimeError as error:
            output.seek(0)
            raise RuntimeError(f"{error}\n{output.read().decode(errors='replace')}") from None
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(_RETRY)
    raise RuntimeError(f"{process.args!r} does not listen on port {port}")


def wrk(url: str, paths: Sequence[str], headers: Mapping[str, str], *, seconds: int, connections: int = 32) -> Load:
    """Load one server over kept-alive connections, going round the paths; the requests are spelled beforehand."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_lua(paths, headers))
        script.flush()
        command = [program("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, url]
        return _load(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _lua(paths: Sequence[str], headers: Mapping[str, str]) -> str:
    wanted = "\n".join(f"  asked[{number}] = wrk.format('GET', '{path}')" for number, path in enumerate(paths, 1))
    fields = "\n".join(f"wrk.headers['{name}'] = '{value}'" for name, value in headers.items())
    return f"""
{fields}
local asked, turn = {{}}, 0
function init(args)
{wanted}
end
function request()
  turn = turn % #asked + 1
  return asked[turn]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("REQUESTS %d FAILED %d MICROSECONDS %d P99 %d\\n", summary.requests,
    e.connect + e.read + e.write + e.timeout + e.status, summary.duration, latency:percentile(99)))
end
"""


def _load(output: str) -> Load:
    found = re.search(r"REQUESTS (\d+) FAILED (\d+) MICROSECONDS (\d+) P99 (\d+)", output)
    if found is None:
        raise RuntimeError(f"wrk said something else:\n{output}")
    requests, failed, microseconds, p99 = (int(group) for group in found.groups())
    return Load(requests, failed, microseconds / 1e6, p99 / 1e3)


def side_by_side(measures: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each measure, taken in turns."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            taken[name].append(measure())
    return {name: statistics.median(values) for name, values in taken.items()}


def table(head: Sequence[str], rows: Sequence[Row]) -> str:
    """A Markdown table: words on the left, figures on the right."""
    lines = [list(head), ["---", *["---:"] * (len(head) - 1)], *[list(row.cells) for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine(*packages: str) -> str:
    """One line about the machine and the versions that the figures belong to."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    name = model.group(1) if model else platform.processor()
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return (
        f"{name}, {os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"
        f"{', ' if versions else ''}{versions}"
    )
