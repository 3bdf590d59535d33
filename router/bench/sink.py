"""The receiver at the end of every run: answers 200 at once and remembers when which alert arrived.

It runs as `python -m router.bench.sink`, says its port on its first line, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from typing import cast

import orjson
import uvloop

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_LENGTH = b"content-length: "


class Tally:
    """What has arrived since the last `begin`, and who waits for how much of it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, asyncio.Transport]] = []
        self.begin(b"")

    def begin(self, name: bytes) -> None:
        """Start over; bodies name their alert in the JSON string member `name`."""
        self.mark = b'"%b":"' % name
        self.count = 0
        self.first = 0.0
        self.last = 0.0
        self.arrivals: defaultdict[bytes, list[float]] = defaultdict(list)

    def arrived(self, body: bytes) -> None:
        """One more notification."""
        self.last = time.monotonic()
        if not self.count:
            self.first = self.last
        self.count += 1
        start = body.find(self.mark) + len(self.mark)
        self.arrivals[body[start : body.find(b'"', start)]].append(self.last)
        if self._waiting:
            self._settle()

    def wait(self, count: int, seconds: float, transport: asyncio.Transport) -> None:
        """Answer `transport` once `count` have arrived or `seconds` are over."""
        waiting = (count, transport)
        self._waiting.append(waiting)
        asyncio.get_running_loop().call_later(seconds, self._tired, waiting)
        self._settle()

    def report(self) -> bytes:
        """Everything since `begin`: monotonic times of this machine, by alert."""
        return orjson.dumps(
            {
                "count": self.count,
                "first": self.first,
                "last": self.last,
                "arrivals": {name.decode("utf-8", "replace"): times for name, times in self.arrivals.items()},
            }
        )

    def _settle(self) -> None:
        for waiting in [each for each in self._waiting if self.count >= each[0]]:
            self._tired(waiting)

    def _tired(self, waiting: tuple[int, asyncio.Transport]) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            waiting[1].write(_OK)


class Receiver(asyncio.Protocol):
    """One connection: POST is a notification, GET a question of the harness (/begin/NAME, /wait/N/SECONDS, /report)."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._rest = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        place = 0
        while (head := data.find(b"\r\n\r\n", place)) >= 0:
            end = head + 4 + length(data[place:head])
            if end > len(data):
                break
            if data.startswith(b"POST ", place):
                self._tally.arrived(data[head + 4 : end])
                self._transport.write(_OK)
            else:
                self._asked(data[place:head].split(b" ")[1].split(b"/")[1:])
            place = end
        self._rest = data[place:]

    def _asked(self, words: list[bytes]) -> None:
        match words:
            case [b"begin", name]:
                self._tally.begin(name)
                self._transport.write(_OK)
            case [b"wait", count, seconds]:
                self._tally.wait(int(count), float(seconds), self._transport)
            case _:
                said = self._tally.report()
                self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))


def length(head: bytes) -> int:
    """Bytes of body that a request or answer with this head has."""
    found = head.lower().find(_LENGTH)
    if found < 0:
        return 0
    end = head.find(b"\r", found)
    return int(head[found + len(_LENGTH) : end if end >= 0 else None])


async def serve() -> None:
    """Listen on any free loopback port until standard input ends."""
    loop = asyncio.get_running_loop()
    tally = Tally()
    server = await loop.create_server(lambda: Receiver(tally), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(serve())
