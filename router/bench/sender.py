"""The load: keep-alive connections that post bodies, each as soon as its last was answered, or all at a fixed rate.

It runs as `python -m router.bench.sender`: a `Load` as JSON on standard input, what came of it as JSON on standard
output. Bodies are made before the clock starts.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter, deque
from typing import cast

import msgspec
import uvloop

from router.bench import alerts
from router.bench.sink import length


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What to send. `rate` in bodies a second, 0 for as fast as answers come; `seconds` after which it gives up."""

    port: int
    path: str
    headers: dict[str, str]
    run: str
    alerts: int
    size: int
    senders: int
    rate: float = 0.0
    receipts: bool = False  # answers name the incident that each alert became
    seconds: float = 60.0


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. Times are monotonic and of this machine; `sent` says when each alert was (to be) sent."""

    began: float
    ended: float
    accepted: int  # alerts
    statuses: dict[str, int]
    waits: list[float]  # seconds for an answer, one a body
    sent: dict[str, float] = {}


class _Receipt(msgspec.Struct):
    incident_id: str = ""


class _Receipts(msgspec.Struct):
    alerts: list[_Receipt]


_RECEIPTS = msgspec.json.Decoder(_Receipts)


class Sending:
    """One load on its way."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._bodies = alerts.bodies(load.run, load.alerts, load.size)
        self._head = b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n%b" % (
            load.path.encode(),
            "".join(f"{name}: {value}\r\n" for name, value in load.headers.items()).encode(),
        )
        self._next = 0
        self._answered = 0
        self._idle: deque[Connection] = deque()
        self._due: deque[tuple[int, float]] = deque()
        self._done = asyncio.get_running_loop().create_future()
        self._statuses: Counter[str] = Counter()
        self._waits: list[float] = []
        self._sent: dict[str, float] = {}
        self._ended = 0.0

    async def run(self) -> Sent:
        """Send everything, or what `seconds` allow."""
        load, loop = self._load, asyncio.get_running_loop()
        connections = []
        for _ in range(load.senders):
            _, connection = await loop.create_connection(lambda: Connection(self), "127.0.0.1", load.port)
            connections.append(connection)
        began = time.monotonic()
        if load.rate:
            self._idle.extend(connections)
            for index in range(len(self._bodies)):
                at = began + index / load.rate
                loop.call_at(loop.time() + at - time.monotonic(), self._fall_due, index, at)
        else:
            for connection in connections:
                self.free(connection)
        try:
            await asyncio.wait_for(self._done, load.seconds)
        except TimeoutError:
            self._ended = time.monotonic()
        accepted = sum(count for status, count in self._statuses.items() if status.startswith("2")) * load.size
        return Sent(
            began=began,
            ended=self._ended,
            accepted=accepted,
            statuses=dict(self._statuses),
            waits=self._waits,
            sent=self._sent,
        )

    def free(self, connection: Connection) -> None:
        """A connection has nothing to do."""
        if self._load.rate:
            if self._due:
                self._post(connection, *self._due.popleft())
            else:
                self._idle.append(connection)
        elif self._next < len(self._bodies):
            self._next += 1
            self._post(connection, self._next - 1, time.monotonic())

    def answered(self, index: int, at: float, status: str, body: bytes) -> None:
        """One body has its answer; `at` is when it was sent, or should have been."""
        self._ended = time.monotonic()
        self._statuses[status] += 1
        self._waits.append(self._ended - at)
        if self._load.receipts and status.startswith("2"):
            for receipt in _RECEIPTS.decode(body).alerts:
                self._sent[receipt.incident_id] = at
        elif self._load.rate:
            for number in range(index * self._load.size, (index + 1) * self._load.size):
                self._sent[alerts.uid(self._load.run, number)] = at
        self._answered += 1
        if self._answered == len(self._bodies):
            self._done.set_result(None)

    def lost(self) -> None:
        """A connection was closed on us: the load cannot be what it says."""
        if not self._done.done():
            self._done.set_exception(ConnectionError("The server closed a connection under load."))

    def _fall_due(self, index: int, at: float) -> None:
        at = min(at, time.monotonic())  # timers count in milliseconds and may be early
        if self._idle:
            self._post(self._idle.popleft(), index, at)
        else:
            self._due.append((index, at))

    def _post(self, connection: Connection, index: int, at: float) -> None:
        body = self._bodies[index]
        connection.post(index, at, b"%bContent-Length: %d\r\n\r\n%b" % (self._head, len(body), body))


class Connection(asyncio.Protocol):
    """One sender: one request out at a time."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._rest = b""
        self._index = 0
        self._at = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        self._sending.lost()

    def post(self, index: int, at: float, request: bytes) -> None:
        """Send body `index`."""
        self._index, self._at = index, at
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        head = data.find(b"\r\n\r\n")
        if head < 0 or len(data) < head + 4 + length(data[:head]):
            self._rest = data
            return
        self._rest = b""
        self._sending.answered(self._index, self._at, data[9:12].decode("ascii"), data[head + 4 :])
        self._sending.free(self)


async def _main() -> None:
    load = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    sent = await Sending(load).run()
    sys.stdout.buffer.write(msgspec.json.encode(sent))


if __name__ == "__main__":
    uvloop.run(_main())
