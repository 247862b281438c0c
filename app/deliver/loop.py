"""One event loop in a thread of its own: where thousands of provider calls wait at once."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")


class SendingLoop:
    """Runs coroutines for threads that have none. Start it before use; `stop` ends what still waits."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()  # half the processor time of asyncio's own
        self._thread = threading.Thread(target=self._loop.run_forever, name="sending", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        """The result of the coroutine, waited for in the calling thread.

        Raises:
            TimeoutError: it took longer than `seconds`; it is cancelled.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise

    def stop(self) -> None:
        """Cancel what still runs, and end the thread."""
        if not self._thread.is_alive():
            self._loop.close()
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
