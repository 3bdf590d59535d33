"""Connections: a pool that vets every address, a poll loop that sends a batch side by side, a stream for SMTP."""

from __future__ import annotations

import contextlib
import io
import math
import select
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import monotonic

from channels import egress, http1
from channels.contract import Reason, Rejected, Retry
from channels.egress import Network, Place
from channels.http1 import BadAnswer, Prepared, Response

Resolver = Callable[[str, int], Iterable[str]]
"""(host, port) -> address literals. Raises OSError when there are none."""

Failure = Retry | Rejected
Answer = Response | Failure

Request = tuple[Prepared, bytes, bytes]
"""(where to, headers of this one message as `header_lines` makes them, body)."""

SIDE_BY_SIDE = 8
"""Connections that one batch opens to one destination at most."""

_OPEN_LIMIT = 256  # connections of one process, in use or idle
_IDLE_SECONDS = 4.0  # under the 5 s at which Node and uvicorn close, so that we rarely race with them
_RESOLVE_SECONDS = 5.0
_CONNECT_SECONDS = 5.0  # for one address, while others are left to try
_READ = 16 * 1024

_CONNECTING, _SHAKING, _WRITING, _READING = range(4)

# POLLRDHUP tells, together with the answer, that the other side has closed behind it. Only Linux has it.
_LEFT = getattr(select, "POLLRDHUP", 0)
_INCOMING = select.POLLIN | _LEFT
_GONE = _LEFT | select.POLLHUP | select.POLLERR


class Refused(Exception):  # noqa: N818 - it carries the refusal
    """A connection that could not be made, as an outcome. It holds neither name nor address."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason.value)
        self.failure = failure


def system_resolver(host: str, port: int) -> list[str]:
    """What the system's resolver says, in its order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Lane:
    """The requests of one batch for one place, and how many connections work on them."""

    __slots__ = ("place", "queue", "wires")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.queue: deque[int] = deque()
        self.wires = 0


class _Wire:
    """One connection and what it is doing."""

    __slots__ = (
        "addresses",
        "fd",
        "head",
        "idle_since",
        "index",
        "lane",
        "limit",
        "place",
        "reader",
        "rest",
        "sock",
        "state",
        "tls",
    )

    def __init__(self, lane: _Lane, addresses: deque[str]) -> None:
        self.lane = lane
        self.place = lane.place
        self.addresses = addresses  # vetted and not tried yet
        self.sock: socket.socket
        self.fd = -1
        self.tls: ssl.SSLSocket | None = None
        self.state = _CONNECTING
        self.limit = math.inf  # when to give up on the present address
        self.index = -1  # the request it carries
        self.rest: memoryview | None = None  # what of it is not written yet
        self.reader: http1.Reader | None = None
        self.head: http1.Head | None = None  # of the answer before
        self.idle_since = 0.0

    def close(self) -> None:
        if self.fd >= 0:
            self.fd = -1
            with contextlib.suppress(OSError):
                self.sock.close()


class Pool:
    """The connections of one process: vetted when made, kept alive, bounded. Threads may share it.

    Args:
        egress_allow: destinations inside these networks are exempt from the address, port and scheme rules.
        ca_file: PEM file of further trust anchors.
        resolver: looks names up; its answers are vetted like any other.

    Raises:
        OSError, ssl.SSLError: `ca_file` cannot be read or holds no certificates.
    """

    def __init__(
        self,
        egress_allow: Sequence[Network] = (),
        ca_file: Path | str | None = None,
        resolver: Resolver = system_resolver,
    ) -> None:
        self._allow = tuple(egress_allow)
        self._resolver = resolver
        self._lock = threading.Lock()
        self._idle: dict[Place, list[_Wire]] = {}
        self._open = 0
        self._swept = 0.0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        if ca_file is not None:
            self._context.load_verify_locations(cafile=str(ca_file))  # at once: a wrong one is told where it was named
        self._trusts_the_system = False  # to read its 150 certificates takes 40 ms of CPU, and few commands send

    def send(self, requests: Sequence[Request], until: float) -> list[Answer]:
        """An answer for each request, in order, by `until` on the monotonic clock. See Kit.post_many."""
        if monotonic() >= until:
            return [Retry(Reason.TIMEOUT)] * len(requests)
        flight = Flight(self, requests, until)
        flight.begin()
        return flight.finish()

    def warm(self, place: Place) -> bool:
        """Is a connection to this place idle."""
        return place in self._idle

    def connect(self, host: str, port: int, *, tls: bool, until: float) -> Stream:
        """See Kit.connect. Raises Refused."""
        place = Place(host, port, tls)
        problem: Failure = Retry(Reason.CONNECT)
        for address in self.addresses(place, until, egress.MAIL_PORTS):
            remaining = until - monotonic()
            if remaining <= 0:
                break
            try:
                sock = socket.create_connection((address, port), timeout=min(remaining, _CONNECT_SECONDS))
            except OSError:
                continue
            stream = Stream(sock, until)
            if tls:
                try:
                    stream.start_tls(self.context(), host)
                except ssl.SSLError:
                    stream.close()
                    problem = Retry(Reason.TLS)
                    continue
                except OSError:
                    stream.close()
                    continue
            return stream
        raise Refused(problem)

    def context(self) -> ssl.SSLContext:
        """Verification always on, TLS 1.2 or newer. Built by hand: create_default_context obeys SSLKEYLOGFILE."""
        with self._lock:
            if not self._trusts_the_system:
                self._context.load_default_certs()
                self._trusts_the_system = True
            return self._context

    @property
    def open_connections(self) -> int:
        """Connections in use or idle."""
        return self._open

    def close(self) -> None:
        """Close the idle connections. The kit stays usable."""
        with self._lock:
            wires = [wire for idle in self._idle.values() for wire in idle]
            self._idle.clear()
            self._open -= len(wires)
        for wire in wires:
            wire.close()

    def addresses(self, place: Place, until: float, ports: frozenset[int] = egress.WEB_PORTS) -> list[str]:
        """Vetted addresses of a place, at least one. Raises Refused."""
        try:
            egress.check_host(place.host)
        except egress.Unsendable:
            raise Refused(Rejected(Reason.BAD_CONFIG)) from None
        found = self._resolve(place, until)
        vetted = egress.vetted(found, place, self._allow, ports)
        if not vetted:
            raise Refused(Rejected(Reason.EGRESS_DENIED))
        return vetted

    def _resolve(self, place: Place, until: float) -> list[str]:
        """Ask the resolver on another thread, because getaddrinfo knows no deadline. Raises Refused."""
        if ":" in place.host or place.host.rpartition(".")[2].isdigit():
            return [place.host]
        answer: list[str] = []

        def ask() -> None:
            with contextlib.suppress(OSError, UnicodeError):
                answer.extend(self._resolver(place.host, place.port))

        thread = threading.Thread(target=ask, name="resolve", daemon=True)
        thread.start()
        thread.join(min(_RESOLVE_SECONDS, max(0.0, until - monotonic())))
        found = list(answer)
        if not found:
            raise Refused(Retry(Reason.DNS))
        return found

    def take(self, place: Place, most: int, now: float) -> list[_Wire]:
        """Up to `most` idle connections, the youngest first; those idle for too long are closed."""
        with self._lock:
            taken = self._pick(place, most)
        oldest = now - _IDLE_SECONDS
        fresh = [wire for wire in taken if wire.idle_since > oldest]
        if len(fresh) < len(taken):
            for wire in taken:
                if wire.idle_since <= oldest:
                    self.drop(wire)
        return fresh

    def give(self, wires: list[_Wire], now: float) -> None:
        """Put wires back, and every few seconds close those that nobody came for."""
        old: list[_Wire] = []
        with self._lock:
            for wire in wires:
                wire.idle_since = now
                self._idle.setdefault(wire.place, []).append(wire)
            if now - self._swept > _IDLE_SECONDS:
                self._swept = now
                for place, idle in list(self._idle.items()):
                    old += self._pick(place, sum(w.idle_since <= now - _IDLE_SECONDS for w in idle), oldest=True)
        for wire in old:
            self.drop(wire)

    def admit(self, *, needed: bool) -> bool:
        """Make room for one more connection, at the cost of the oldest idle one. False: there is none.

        A `needed` one is let in above the limit: threads are few, and none may starve.
        """
        with self._lock:
            if self._open < _OPEN_LIMIT:
                self._open += 1
                return True
            oldest = min((idle[0] for idle in self._idle.values()), key=lambda wire: wire.idle_since, default=None)
            if oldest is None:
                self._open += needed
                return needed
            self._pick(oldest.place, 1, oldest=True)
        oldest.close()
        return True

    def _pick(self, place: Place, most: int, *, oldest: bool = False) -> list[_Wire]:
        """Take idle wires of a place out of the pool; the lock is held."""
        idle = self._idle.get(place, [])
        part = slice(0, most) if oldest else slice(-most, None)
        taken = idle[part]
        del idle[part]
        if not idle:
            self._idle.pop(place, None)
        return taken

    def drop(self, wire: _Wire) -> None:
        wire.close()
        with self._lock:
            self._open -= 1


class Flight:
    """Some requests on their way side by side, until every one of them has an answer."""

    __slots__ = (
        "answers",
        "done",
        "lanes",
        "left",
        "patient",
        "poller",
        "pool",
        "requests",
        "until",
        "warm",
        "wires",
    )

    def __init__(
        self, pool: Pool, requests: Sequence[Request], until: float, poller: select.poll | None = None
    ) -> None:
        self.pool = pool
        self.requests = requests
        self.until = until
        self.answers: list[Answer | None] = [None] * len(requests)
        self.left = len(requests)
        self.lanes: dict[Place, _Lane] = {}
        self.wires: dict[int, _Wire] = {}
        self.done: list[_Wire] = []
        self.patient = False  # some wire has an earlier limit than the deadline
        self.warm = poller is not None  # no new connections are made for it: that may take a while
        self.poller = poller or select.poll()

    def begin(self) -> None:
        """Write what can be written at once."""
        lane = None
        for index, request in enumerate(self.requests):
            place = request[0].place
            if lane is None or lane.place is not place:
                lane = self.lanes.get(place)
                if lane is None:
                    lane = self.lanes[place] = _Lane(place)
            lane.queue.append(index)
        try:
            for lane in self.lanes.values():
                self._staff(lane)
        except BaseException:
            self._end()
            raise

    def finish(self) -> list[Answer]:
        """The answers, in the order of the requests, once all are there; by the deadline at the latest."""
        try:
            if self.warm and self.left:
                self._leave_round()
            while self.left and self.wires:
                until = min(self.until, *(w.limit for w in self.wires.values())) if self.patient else self.until
                wait = until - monotonic()
                if wait <= 0:
                    self._give_up(monotonic())
                    continue
                for fd, event in self.poller.poll(wait * 1000 + 1):
                    self.happened(fd, event)
        finally:
            self._end()
        return [answer or Retry(Reason.BUG) for answer in self.answers]

    def happened(self, fd: int, event: int) -> bool:
        """Go on where poll saw something; False: that is none of this flight's connections."""
        wire = self.wires.get(fd)
        if wire is None:
            return False
        if wire.state == _READING:
            self._read(wire, event)
        else:
            self._advance(wire, event)
        return True

    def _end(self) -> None:
        for wire in self.wires.values():  # not empty only when a bug raised, or at the deadline
            self.pool.drop(wire)
        self.wires.clear()
        self.pool.give(self.done, monotonic())
        self.done = []

    def _leave_round(self) -> None:
        """Go on alone, and with new connections where those that were there are not enough."""
        shared, self.poller, self.warm = self.poller, select.poll(), False
        for fd, wire in self.wires.items():
            shared.unregister(fd)
            self.poller.register(fd, _INCOMING if wire.rest is None else _INCOMING | select.POLLOUT)
        for lane in self.lanes.values():
            if lane.queue:
                self._grow(lane)

    def _staff(self, lane: _Lane) -> None:
        """Put connections on a lane: idle ones that are still alive, then new ones."""
        want = min(SIDE_BY_SIDE, len(lane.queue))
        for wire in self._alive(self.pool.take(lane.place, want, monotonic())):
            lane.wires += 1
            wire.lane = lane
            self.wires[wire.fd] = wire
            self.poller.register(wire.fd, _INCOMING)
            self._next(wire)
        self._grow(lane)

    def _alive(self, wires: list[_Wire]) -> list[_Wire]:
        """Those without news. An idle connection that has something to say was closed, or is confused."""
        if not wires:
            return wires
        poller = select.poll()
        for wire in wires:
            poller.register(wire.fd, select.POLLIN)
        news = {fd for fd, _ in poller.poll(0)}
        if not news:
            return wires
        alive = []
        for wire in wires:
            if wire.fd in news and not self._only_tickets(wire):
                self.pool.drop(wire)
            else:
                alive.append(wire)
        return alive

    @staticmethod
    def _only_tickets(wire: _Wire) -> bool:
        """True when the news of a TLS connection is neither data nor a farewell, but session tickets (TLS 1.3)."""
        if wire.tls is None:
            return False
        try:
            wire.tls.recv(1)
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False
        return False

    def _grow(self, lane: _Lane) -> None:
        """Open connections for requests that wait for one."""
        want = min(SIDE_BY_SIDE, len(lane.queue) + lane.wires) - lane.wires
        if want <= 0 or self.warm:
            return
        try:
            addresses = self.pool.addresses(lane.place, self.until)
        except Refused as refused:
            self._stuck(lane, refused.failure)
            return
        for _ in range(want):
            if not self.pool.admit(needed=lane.wires == 0):
                return
            wire = _Wire(lane, deque(addresses))
            lane.wires += 1
            self._connect(wire, Retry(Reason.CONNECT))

    def _stuck(self, lane: _Lane, failure: Failure) -> None:
        """No more connections can be had: what waits fails, unless others still work through the queue."""
        if lane.wires == 0:
            while lane.queue:
                self._answer(lane.queue.popleft(), failure)

    def _connect(self, wire: _Wire, failure: Failure) -> None:
        """Start on the next address of a wire; `failure` is what to say when there is none."""
        while wire.addresses:
            address = wire.addresses.popleft()
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            try:
                wire.sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError:
                continue
            wire.fd = wire.sock.fileno()
            wire.sock.setblocking(False)
            wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                wire.sock.connect((address, wire.place.port))
            except BlockingIOError:
                pass
            except OSError:
                wire.close()
                continue
            wire.state = _CONNECTING
            if wire.addresses:
                wire.limit = monotonic() + _CONNECT_SECONDS
                self.patient = True
            else:
                wire.limit = math.inf
            self.wires[wire.fd] = wire
            self.poller.register(wire.fd, select.POLLOUT)
            return
        lane = wire.lane
        lane.wires -= 1
        self.pool.drop(wire)
        self._stuck(lane, failure)

    def _advance(self, wire: _Wire, event: int) -> None:
        """A wire that is not waiting for its answer can go on: connect, shake hands, write."""
        if wire.state == _CONNECTING:
            if wire.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._elsewhere(wire, Retry(Reason.CONNECT))
                return
            wire.limit = math.inf
            if not wire.place.tls:
                self.poller.modify(wire.fd, _INCOMING)
                self._next(wire)
                return
            try:
                wire.tls = self.pool.context().wrap_socket(
                    wire.sock, server_hostname=wire.place.host.removesuffix("."), do_handshake_on_connect=False
                )
            except (OSError, ValueError):  # it hung up already, or its name is none for TLS
                self._elsewhere(wire, Retry(Reason.TLS))
                return
            wire.sock = wire.tls
            wire.state = _SHAKING
        if wire.state == _SHAKING:
            self._shake(wire)
        elif event & ~select.POLLOUT:
            self._read(wire, event)  # an answer before we finished, or the end
        else:
            self._write(wire)

    def _shake(self, wire: _Wire) -> None:
        if wire.tls is None:
            return
        try:
            wire.tls.do_handshake()
        except ssl.SSLWantReadError:
            self.poller.modify(wire.fd, _INCOMING)
        except ssl.SSLWantWriteError:
            self.poller.modify(wire.fd, select.POLLOUT)
        except ssl.SSLError:
            self._elsewhere(wire, Retry(Reason.TLS))
        except OSError:
            self._elsewhere(wire, Retry(Reason.CONNECT))
        else:
            self.poller.modify(wire.fd, _INCOMING)
            self._next(wire)

    def _elsewhere(self, wire: _Wire, failure: Failure) -> None:
        """This address will not do, try the next one."""
        self._forget(wire)
        wire.close()
        wire.tls = None
        self._connect(wire, failure)

    def _next(self, wire: _Wire) -> None:
        """Give a wire the next request of its lane, or put it aside for the pool."""
        queue = wire.lane.queue
        if not queue:
            self._forget(wire)
            self.done.append(wire)
            wire.lane.wires -= 1
            return
        wire.index = index = queue.popleft()
        prepared, headers, body = self.requests[index]
        data = b"%b%bContent-Length: %d\r\n\r\n%b" % (prepared.head, headers, len(body), body)
        try:
            sent = wire.sock.send(data)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            sent = 0
        except OSError:
            self._fail(wire, Retry(Reason.DISCONNECTED))  # nothing of it left, so nobody can have acted on it
            return
        wire.reader = http1.Reader(bodiless=True) if prepared.bodiless else None
        if sent == len(data):
            wire.state = _READING
        else:
            wire.state = _WRITING
            wire.rest = memoryview(data)[sent:]
            self.poller.modify(wire.fd, _INCOMING | select.POLLOUT)

    def _write(self, wire: _Wire) -> None:
        if wire.rest is None:
            return
        try:
            sent = wire.sock.send(wire.rest)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError:
            self._read(wire, _GONE)  # what it said before it closed counts
            return
        wire.rest = wire.rest[sent:]
        if not wire.rest:
            wire.rest = None
            wire.state = _READING
            self.poller.modify(wire.fd, _INCOMING)

    def _read(self, wire: _Wire, event: int) -> None:
        """Take what has arrived. Plain sockets once, TLS until it is empty, because poll does not see its buffer."""
        while True:
            try:
                data = wire.sock.recv(_READ)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                self._cut(wire, clean=False)
                return
            if not data:
                self._cut(wire, clean=True)
                return
            try:
                response = http1.whole(data, wire.head) if wire.reader is None else wire.reader.feed(data)
                if response is None and wire.reader is None:
                    wire.reader = http1.Reader()
                    response = wire.reader.feed(data)
            except BadAnswer:
                self._fail(wire, Retry(Reason.BAD_ANSWER, maybe_delivered=wire.rest is None))
                return
            if response is not None:
                self._answer(wire.index, response)
                if response.keep and wire.rest is None and not event & _GONE:
                    wire.head = response.head
                    self._next(wire)
                else:
                    self._retire(wire)
                return
            if wire.tls is None:
                return

    def _cut(self, wire: _Wire, *, clean: bool) -> None:
        """The connection ended: with the answer, when the answer was to end with it, or without."""
        response = wire.reader.finish() if wire.reader is not None and clean else None
        if response is not None:
            self._answer(wire.index, response)
            self._retire(wire)
        else:
            self._fail(wire, Retry(Reason.DISCONNECTED, maybe_delivered=wire.rest is None))

    def _fail(self, wire: _Wire, failure: Failure) -> None:
        self._answer(wire.index, failure)
        self._retire(wire)

    def _retire(self, wire: _Wire) -> None:
        """Close a wire that cannot carry more, and replace it if requests wait."""
        lane = wire.lane
        self._forget(wire)
        self.pool.drop(wire)
        lane.wires -= 1
        if lane.queue:
            self._grow(lane)

    def _forget(self, wire: _Wire) -> None:
        self.wires.pop(wire.fd, None)
        self.poller.unregister(wire.fd)

    def _answer(self, index: int, answer: Answer) -> None:
        self.answers[index] = answer
        self.left -= 1

    def _give_up(self, now: float) -> None:
        """Move on from addresses that do not answer; at the deadline, end everything."""
        if now < self.until:
            for wire in [wire for wire in self.wires.values() if wire.limit <= now]:
                self._elsewhere(wire, Retry(Reason.CONNECT))
            return
        for lane in self.lanes.values():
            reason = Reason.CONNECT if self._unreached(lane) else Reason.TIMEOUT
            while lane.queue:
                self._answer(lane.queue.popleft(), Retry(reason))
        for wire in list(self.wires.values()):
            if wire.state >= _WRITING:
                self._answer(wire.index, Retry(Reason.TIMEOUT, maybe_delivered=wire.state == _READING))
            self._forget(wire)
            self.pool.drop(wire)

    def _unreached(self, lane: _Lane) -> bool:
        """True when not one connection to the place was made."""
        working = [wire for wire in self.wires.values() if wire.place == lane.place]
        return bool(working) and all(wire.state == _CONNECTING for wire in working)


class Round:
    """Flights over connections that exist already, watched together by one thread for a moment.

    Whoever is not back by then is finished with `Flight.finish`, by another thread if its own has better to do.
    """

    def __init__(self, pool: Pool, longest: float) -> None:
        self._pool = pool
        self._longest = longest
        self._poller = select.poll()
        self._flights: list[Flight] = []

    def begin(self, requests: Sequence[Request], deadline: float) -> Flight:
        """Send requests as far as that takes no time; `deadline` counts from now, see Kit.post_many."""
        flight = Flight(self._pool, requests, monotonic() + min(deadline, self._longest), self._poller)
        flight.begin()
        self._flights.append(flight)
        return flight

    def wait(self, seconds: float) -> None:
        """Until every flight has its answers or cannot go on by itself, for `seconds` at most."""
        until = monotonic() + seconds
        out = [flight for flight in self._flights if flight.left]
        while out and any(flight.wires for flight in out):
            left = until - monotonic()
            if left <= 0:
                return
            for fd, event in self._poller.poll(left * 1000 + 1):
                for flight in out:
                    if flight.happened(fd, event):
                        break
            out = [flight for flight in out if flight.left]


class Stream:
    """A connection for a line protocol: every read and write ends at one deadline, however slowly bytes drip.

    It has the methods that smtplib calls on a socket.
    """

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._until = until

    @property
    def expired(self) -> bool:
        """True once the deadline has passed."""
        return monotonic() >= self._until

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Shake hands over the connection. Raises ssl.SSLError, or OSError when it ends."""
        self._arm()
        self._sock = context.wrap_socket(self._sock, server_hostname=host.removesuffix("."))

    def sendall(self, data: bytes) -> None:
        """Raises TimeoutError at the deadline, OSError when the connection ends."""
        self._arm()  # sendall treats the timeout as one for all of it
        self._sock.sendall(data)

    def recv_into(self, buffer: memoryview) -> int:
        """Raises TimeoutError at the deadline, OSError when the connection ends."""
        self._arm()
        return self._sock.recv_into(buffer)

    def makefile(self, mode: str) -> io.BufferedReader:
        """A reader over this stream; `mode` is always "rb"."""
        if mode != "rb":
            raise ValueError("A stream is read as bytes.")
        return io.BufferedReader(_Lines(self))

    def close(self) -> None:
        """Close at once."""
        with contextlib.suppress(OSError):
            self._sock.close()

    def _arm(self) -> None:
        remaining = self._until - monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._sock.settimeout(remaining)


class _Lines(io.RawIOBase):
    """What `Stream.makefile` reads from. Closing it leaves the stream open, as with a socket's file."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower than RawIOBase asks
        return self._stream.recv_into(buffer)
