"""What the local vendors share: one interface, a record of what came in, faults to order, and an HTTP/1.1 server."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Literal, Self

_KEPT = 2000  # messages that a vendor remembers; the inbox runs for days
_REASONS = {200: b"OK", 202: b"Accepted", 204: b"No Content"}


@dataclass(frozen=True, slots=True)
class Captured:
    """One message that reached a vendor, as it came in."""

    vendor: str  # webhook, slack, pagerduty, smtp
    at: float  # seconds since the epoch
    connection: int  # counts a vendor's connections from 1
    body: bytes
    method: str = ""
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)  # lower-case names
    mail: EmailMessage | None = None
    sender: str = ""  # SMTP envelope
    recipients: tuple[str, ...] = ()
    tls: bool = False
    answer: int = 0  # the status that the sender was told; 0 when it was told nothing

    def json(self) -> Any:  # noqa: ANN401 - whatever the sender wrote
        """The body as JSON. Raises ValueError."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Fault:
    """What the next request meets instead of the usual answer. Fields combine.

    `drop`: "before" cuts the connection without looking at the request, "after" once it is captured, "middle" after
    half of the answer. `drip`: seconds between the bytes of the answer. `raw`: exactly these bytes as the answer. For
    SMTP, `stage` names the command that meets the fault and `recipient` limits it to one address.
    """

    status: int | None = None
    retry_after: str | None = None
    location: str | None = None
    body: bytes | None = None
    echo: bool = False
    drop: Literal["before", "after", "middle"] | None = None
    drip: float = 0.0
    delay: float = 0.0
    hang: bool = False
    close: bool = False
    raw: bytes | None = None
    error: str | None = None  # the vendor's own word for it: a Slack error code
    stage: Literal["connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot"] = "dot"
    recipient: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a vendor answers over HTTP."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    retry_after: str | None = None


class Vendor:
    """A server on loopback, in a thread of its own.

    `faults` is used up from the left, one a request; `always` meets every request once they are gone. `on_message` is
    called in the server's thread with each message.
    """

    kind = ""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
        name: str | None = None,
        on_message: Callable[[Captured], None] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.tls = tls
        self.name = name or host  # what the URL says; a certificate may want another name than the address
        self.on_message = on_message
        self.faults: deque[Fault] = deque()
        self.always: Fault | None = None
        self.connections = 0
        self._kept: deque[Captured] = deque(maxlen=_KEPT)
        self._count = 0
        self._news = threading.Condition()

    @property
    def received(self) -> list[Captured]:
        """The messages so far, oldest first; the last 2,000 are kept."""
        with self._news:
            return list(self._kept)

    @property
    def count(self) -> int:
        """How many messages came in since the start."""
        with self._news:
            return self._count

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Captured]:
        """`received`, once `count` messages have come in or `seconds` have passed."""
        with self._news:
            self._news.wait_for(lambda: self._count >= count, seconds)
            return list(self._kept)

    def clear(self) -> None:
        """Forget what came in and every fault."""
        with self._news:
            self._kept.clear()
            self._count = 0
        self.faults.clear()
        self.always = None

    def start(self) -> Self:
        """Listen; returns once connections are accepted."""
        raise NotImplementedError

    def stop(self) -> None:
        """Close every connection and end the thread."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where to send to."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def keep(self, captured: Captured) -> None:
        """Remember a message and tell whoever waits."""
        with self._news:
            self._kept.append(captured)
            self._count += 1
            self._news.notify_all()
        if self.on_message is not None:
            self.on_message(captured)

    def next_fault(self) -> Fault | None:
        """The fault that is due, taken off the queue."""
        try:
            return self.faults.popleft()
        except IndexError:
            return self.always


class LoopVendor(Vendor):
    """A vendor that runs an asyncio server in a thread."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, **rest: Any) -> None:  # noqa: ANN401 - as Vendor
        super().__init__(host, port, **rest)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def protocol(self, loop: asyncio.AbstractEventLoop) -> asyncio.BaseProtocol:
        """What handles one more connection."""
        raise NotImplementedError

    def wrapping(self) -> ssl.SSLContext | None:
        """TLS from the first byte, or none."""
        return self.tls

    def start(self) -> Self:
        """Listen; returns once connections are accepted. Raises OSError when the port is taken."""
        ready = threading.Event()
        problem: list[OSError] = []

        def serve() -> None:
            loop = self._loop = asyncio.new_event_loop()
            loop.set_exception_handler(lambda _, __: None)  # a client that hangs up is what these servers are for
            try:
                server = loop.run_until_complete(
                    loop.create_server(
                        lambda: self.protocol(loop), self.host, self.port, ssl=self.wrapping(), backlog=512
                    )
                )
            except OSError as error:
                problem.append(error)
                loop.close()
                ready.set()
                return
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            try:
                loop.run_forever()
            finally:
                server.close()
                self.cut_now()
                tasks = asyncio.all_tasks(loop)
                for task in tasks:
                    task.cancel()
                if tasks:
                    loop.run_until_complete(asyncio.wait(tasks))
                loop.run_until_complete(asyncio.sleep(0.01))  # aborted transports close their sockets in later turns
                loop.close()

        self._thread = threading.Thread(target=serve, name=f"{self.kind}-vendor", daemon=True)
        self._thread.start()
        ready.wait()
        if problem:
            raise problem[0]
        return self

    def stop(self) -> None:
        """Close every connection and end the thread."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def cut_now(self) -> None:
        """Close every connection; called in the server's thread."""

    def cut_all(self) -> None:
        """Close every connection and keep listening, as a server does that tidies up idle ones."""
        done = threading.Event()

        def cut() -> None:
            self.cut_now()
            # An aborted transport closes its socket a turn later.
            asyncio.get_running_loop().call_soon(asyncio.get_running_loop().call_soon, done.set)

        if self._loop is not None:
            self._loop.call_soon_threadsafe(cut)
            done.wait()


class HttpVendor(LoopVendor):
    """A vendor that is spoken to over HTTP/1.1."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, **rest: Any) -> None:  # noqa: ANN401 - as Vendor
        super().__init__(host, port, **rest)
        self._open: set[_Connection] = set()

    def answer(self, captured: Captured, fault: Fault | None) -> Reply:
        """What the vendor says to a request; a fault's status, body and headers are laid over it afterwards."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """The base URL, without a path and without a slash at the end."""
        return f"{'https' if self.tls else 'http'}://{self.name}:{self.port}"

    def protocol(self, loop: asyncio.AbstractEventLoop) -> asyncio.BaseProtocol:
        """One client's HTTP."""
        return _Connection(self, loop)

    def cut_now(self) -> None:
        """Abort every connection."""
        for connection in list(self._open):
            connection.cut()


class _Connection(asyncio.Protocol):
    """One client: requests one after the other, each answered before the next is read."""

    def __init__(self, vendor: HttpVendor, loop: asyncio.AbstractEventLoop) -> None:
        self.vendor = vendor
        self.loop = loop
        self.buffer = b""
        self.busy = False
        self.number = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # asyncio gives a Transport
        self.vendor.connections += 1
        self.number = self.vendor.connections
        self.vendor._open.add(self)  # noqa: SLF001 - a vendor and its connections are one thing

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.vendor._open.discard(self)  # noqa: SLF001 - its own server

    def cut(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        if not self.busy:
            self.take()

    def take(self) -> None:
        """Handle the next request if all of it is here."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = self.buffer[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        if len(self.buffer) < end + 4 + length:
            return
        body = self.buffer[end + 4 : end + 4 + length]
        self.buffer = self.buffer[end + 4 + length :]
        method, target, _ = lines[0].split(" ")
        self.handle(method, target, headers, body)

    def handle(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        fault = self.vendor.next_fault()
        if fault is not None and fault.drop == "before":
            self.cut()
            return
        captured = Captured(
            self.vendor.kind, time.time(), self.number, body, method, target, headers, tls=self.vendor.tls is not None
        )
        reply = self.vendor.answer(captured, fault)
        told = 0 if fault is not None and (fault.drop or fault.hang) else (fault and fault.status) or reply.status
        object.__setattr__(captured, "answer", told)
        self.vendor.keep(captured)
        if fault is None:
            self.transport.write(_encode(reply))
            if self.buffer:
                self.take()
        elif fault.drop == "after":
            self.cut()
        elif not fault.hang:
            self.misbehave(fault, reply, body)
        else:
            self.busy = True

    def misbehave(self, fault: Fault, reply: Reply, body: bytes) -> None:
        if fault.raw is not None:
            data = fault.raw
        else:
            data = _encode(
                Reply(
                    fault.status or reply.status,
                    body if fault.echo else reply.body if fault.body is None else fault.body,
                    reply.kind,
                    fault.retry_after or reply.retry_after,
                ),
                location=fault.location,
                close=fault.close,
            )
        if fault.drop == "middle":
            data = data[: len(data) // 2]
        self.busy = True
        last = fault.close or fault.raw is not None or fault.drop == "middle"
        if fault.drip:
            self.drip(data, fault.drip, last=last)
        elif fault.delay:
            self.loop.call_later(fault.delay, self.say, data, last)
        else:
            self.say(data, last)

    def drip(self, data: bytes, pause: float, *, last: bool) -> None:
        if self.transport.is_closing():
            return
        if len(data) == 1:
            self.say(data, last)
            return
        self.transport.write(data[:1])
        self.loop.call_later(pause, lambda: self.drip(data[1:], pause, last=last))

    def say(self, data: bytes, last: bool) -> None:  # noqa: FBT001 - called through call_later
        if self.transport.is_closing():
            return
        self.transport.write(data)
        self.busy = False
        if last:
            self.transport.close()
        elif self.buffer:
            self.take()


def _encode(reply: Reply, *, location: str | None = None, close: bool = False) -> bytes:
    more = b""
    if reply.retry_after is not None:
        more += b"Retry-After: %b\r\n" % reply.retry_after.encode()
    if location is not None:
        more += b"Location: %b\r\n" % location.encode()
    if close:
        more += b"Connection: close\r\n"
    return b"HTTP/1.1 %d %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n%b" % (
        reply.status,
        _REASONS.get(reply.status, b"Fault"),
        reply.kind.encode(),
        len(reply.body),
        more,
        reply.body,
    )
