"""Doubles that really listen: an aiohttp application in a thread of its own, or a Node program."""

import asyncio
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ssl import SSLContext

from aiohttp import web

_START_SECONDS = 60


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(
    app: web.Application, port: int = 0, tls: SSLContext | None = None, *, host: str = "127.0.0.1"
) -> Iterator[int]:
    """Serve the application on this machine; its port. Requests under way are cut off at the end."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    chosen = port or free_port()

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, host, chosen, ssl_context=tls, reuse_address=True).start()

    loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield chosen
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def running(command: Sequence[object], port: int) -> Iterator[None]:
    """Run a program that is to listen on this port of 127.0.0.1; it is ended afterwards."""
    process = subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said: list[bytes] = []
    reader = threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        _wait_until_listening(process, port, said)
        yield
    finally:
        process.kill()
        process.wait()
        reader.join(10)
        if process.stdout:
            process.stdout.close()


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, said: list[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not listen on {port}: {b''.join(said).decode()}")
