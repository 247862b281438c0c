"""Two hosts that share nothing but a wire: network namespaces where these can be had, addresses of loopback else."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.store.session import Database

_NETWORK = "10.213.77"
_WORLD = f"{_NETWORK}.1"
ADDRESSES = (_WORLD, f"{_NETWORK}.11", f"{_NETWORK}.12", "127.0.0.81", "127.0.0.82")
"""Every address that a test may have to be allowed."""


@dataclass
class Host:
    """One machine: its address, its own disk, and what runs on it. Without a namespace it is an address of this one."""

    address: str
    folder: Path
    namespace: str = ""
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def database_url(self) -> str:
        """Where its rows are."""
        return f"sqlite:///{self.folder / 'porchlight.db'}"

    def command(self, words: list[str]) -> list[str]:
        """The same command on this host."""
        return ["ip", "netns", "exec", self.namespace, *words] if self.namespace else words

    def do(self, words: list[str], environment: Mapping[str, str]) -> str:
        """Run a program to its end; what it printed."""
        done = subprocess.run(
            self.command(words), env={**os.environ, **environment}, cwd=self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, words: list[str], environment: Mapping[str, str]) -> None:
        """Run a program until the host burns down or the test ends."""
        with (self.folder / "output.log").open("ab") as log:
            self.running.append(
                subprocess.Popen(
                    self.command(words), env={**os.environ, **environment}, cwd=self.folder, stdout=log, stderr=log
                )
            )

    def burn_down(self) -> None:
        """Nothing runs any more, nothing answers, and the disk is gone."""
        for process in self.running:
            process.kill()
            process.wait(20)
        self.running.clear()
        if self.namespace:
            _ip("netns", "del", self.namespace)
            self.namespace = ""
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self) -> Database:
        """Its rows, to be looked at from outside."""
        return Database.open(self.database_url)


@contextmanager
def two_hosts(folder: Path) -> Iterator[tuple[str, Host, Host]]:
    """The address at which the rest of the world can listen for both, and the hosts."""
    disks = [folder / "one", folder / "two"]
    for disk in disks:
        disk.mkdir()
    with ExitStack() as stack:
        world, addresses, namespaces = "127.0.0.1", ADDRESSES[3:], ("", "")
        if _can_part():
            world, addresses, namespaces = _WORLD, ADDRESSES[1:3], stack.enter_context(_namespaces())
        hosts = [Host(*each) for each in zip(addresses, disks, namespaces, strict=True)]
        for host in hosts:
            stack.callback(host.burn_down)
        yield world, hosts[0], hosts[1]


def _can_part() -> bool:
    """Whether network namespaces can be had: as root, with iproute2, and not inside a strict container."""
    if os.getuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"porchlight-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode == 0
    if made:
        _ip("netns", "del", name)
        made = subprocess.run(["ip", "link", "add", "plwire", "type", "bridge"], capture_output=True).returncode == 0
    return made


@contextmanager
def _namespaces() -> Iterator[tuple[str, str]]:
    """Two namespaces on one bridge of ours; whatever is left of them goes at the end."""
    names = (f"porchlight-one-{os.getpid()}", f"porchlight-two-{os.getpid()}")
    try:
        _ip("addr", "add", f"{_WORLD}/24", "dev", "plwire")
        _ip("link", "set", "plwire", "up")
        for number, name in enumerate(names, 1):
            _wire(name, f"pl{number}", f"{_NETWORK}.1{number}")
        yield names
    finally:
        _ip("link", "del", "plwire")
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _wire(namespace: str, link: str, address: str) -> None:
    """One namespace with an address of its own, plugged into the bridge."""
    _ip("netns", "add", namespace)
    _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace)
    _ip("link", "set", link, "master", "plwire", "up")
    for words in (f"addr add {address}/24 dev eth0", "link set eth0 up", "link set lo up"):
        _ip("-n", namespace, *words.split())


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
