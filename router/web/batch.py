"""Requests that wait at the same moment share one transaction: an asyncio front, a few threads behind it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from router.flow.intake import Answer, NotDurable, Post

log = logging.getLogger(__name__)

MOST_POSTS = 64
MOST_BYTES = 512 * 1024
"""What one transaction takes at most: beyond it nothing is gained and everybody waits longer."""

WAITING = 4096
"""Posts that may wait; beyond them a client is told to come back, which it does, rather than time out."""

_Waiting = tuple[Post, "asyncio.Future[Answer]"]


class Overloaded(Exception):  # noqa: N818 - the answer
    """Too many posts wait already (503 with Retry-After)."""


class Batcher:
    """Hands posts to `take` in batches from its own threads.

    There is no timer: whoever waits when a thread is free goes together, so a lone post waits for nobody.
    """

    def __init__(self, take: Callable[[Sequence[Post]], list[Answer]], *, threads: int = 2) -> None:
        self._take = take
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"intake-{number}", daemon=True) for number in range(threads)
        ]
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; answers are delivered on `loop`."""
        self._loop = loop
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what waits, then end the threads."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=10)

    async def submit(self, post: Post) -> Answer:
        """The post's answer, once its transaction is committed or refused. Raises Overloaded."""
        if self._loop is None or self._queue.qsize() > WAITING:
            raise Overloaded
        future: asyncio.Future[Answer] = self._loop.create_future()
        self._queue.put((post, future))
        return await future

    def _work(self) -> None:
        while True:
            batch = self._gather()
            if batch is None:
                return
            try:
                answers = self._take([post for post, _ in batch])
            except Exception as error:  # noqa: BLE001 - a bug must not leave clients waiting, nor end this thread
                log.error("intake failed", extra={"cause": type(error).__name__})
                answers = [NotDurable() for _ in batch]
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_deliver, [future for _, future in batch], answers)

    def _gather(self) -> list[_Waiting] | None:
        first = self._queue.get()
        if first is None:
            return None
        batch, size = [first], len(first[0].body)
        while len(batch) < MOST_POSTS and size < MOST_BYTES:
            try:
                more = self._queue.get_nowait()
            except Empty:
                break
            if more is None:
                self._queue.put(None)
                break
            batch.append(more)
            size += len(more[0].body)
        return batch


def _deliver(futures: Sequence[asyncio.Future[Answer]], answers: Sequence[Answer]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if not future.done():
            future.set_result(answer)
