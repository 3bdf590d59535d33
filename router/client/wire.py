"""How a request gets to a server of ours and back: one kept connection, one token, a few retries, one kind of error.

Standard library only, so that a command starts at once. The token is in a header and nowhere else: not in an address,
a repr or an exception. TLS is always verified; a redirect is not followed, since it would take the token along.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import os
import random
import re
import socket
import ssl
import stat
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

T = TypeVar("T")

TIMEOUT: Final = 60.0
"""Seconds without a byte after which an answer is given up: a test message may take a channel's own 15."""

CONNECT: Final = 10.0
"""Seconds for a connection."""

TRIES: Final = 4
"""How often a request is sent at most, when sending it again cannot do anything twice."""

LONGEST_WAIT: Final = 10.0
"""Seconds between two tries at most, whatever a Retry-After asks for: somebody is waiting."""

LONGEST_TOKEN: Final = 4096
"""Bytes of a token's file."""

_AGAIN: Final = frozenset({429, 502, 503, 504})
_UNDER_WAY: Final = "under-way"
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,1000}")


class Unusable(Exception):  # noqa: N818 - says what is the matter
    """The address or the token cannot be used. The text says why and holds neither."""


class Unreachable(Exception):  # noqa: N818 - says what is the matter
    """The server did not answer, or not as a server of ours does."""


class Refused(Exception):  # noqa: N818 - the answer
    """The server said no. The text is its sentence; `kind` is the problem's name (docs/api.md lists them)."""

    def __init__(self, status: int, kind: str, text: str, errors: tuple[str, ...] = (), request_id: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.kind = kind
        self.errors = errors
        self.request_id = request_id


class _Problem(msgspec.Struct, rename={"kind": "type"}):
    """A problem+json (RFC 9457)."""

    title: str
    kind: str = ""
    detail: str = ""
    errors: tuple[str, ...] = ()
    request_id: str = ""


class _Page(msgspec.Struct):
    items: msgspec.Raw
    next: str | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer as it came."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes


@dataclass(slots=True)
class Wire:
    """A connection to one server, made when it is needed and kept. One thread uses it at a time.

    `url` is where the pages are, such as https://alerts.example. `etag` is the ETag of the last answer.

    Raises:
        Unusable: plain http to somewhere else than this machine, or an address that holds a name or a password.
    """

    url: str = field(repr=False)
    token: str = field(repr=False)
    wait: Callable[[float], None] = field(default=time.sleep, repr=False)
    etag: str = ""
    _secure: bool = field(default=True, init=False, repr=False)
    _host: str = field(default="", init=False, repr=False)
    _port: int | None = field(default=None, init=False, repr=False)
    _path: str = field(default="", init=False, repr=False)
    _kept: http.client.HTTPConnection | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._secure, self._host, self._port, self._path = _place(self.url)
        if not _TOKEN.fullmatch(self.token):
            raise Unusable("The token's file holds no token: a token is one line, as `alertveil tokens add` prints it.")

    def close(self) -> None:
        """Let go of the connection; the next request makes another."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    @staticmethod
    def part(value: object) -> str:
        """A part of a path."""
        return quote(str(value), safe="")

    def ask(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        body: msgspec.Struct | None = None,
        query: Mapping[str, object] | None = None,
        match: str = "",
        once: bool = False,
        key: str = "",
    ) -> T:
        """Send one request and read its answer.

        `once`: it takes an Idempotency-Key (`key`, else a new one), so it may be sent again without being done again.

        Raises:
            Refused: the server said no.
            Unreachable: it did not answer, or not in a way that this version reads.
        """
        headers = {"authorization": f"Bearer {self.token}", "accept": "application/json, application/problem+json"}
        if once:
            headers["idempotency-key"] = key or str(uuid.uuid4())
        if match:
            headers["if-match"] = match
        content = b""
        if body is not None:
            content = msgspec.json.encode(body)
            headers["content-type"] = "application/json"
        words = {name: _word(value) for name, value in (query or {}).items() if value is not None}
        target = f"{self._path}/api/v1{path}" + (f"?{urlencode(words)}" if words else "")
        said = self._send(method, target, headers, content, again=once or (method != "POST" and not match))
        self.etag = said.headers.get("etag", "")
        if not 200 <= said.status < 300:  # noqa: PLR2004 - success
            raise _refused(said)
        found: T = _read(said.content, answer)
        return found

    def lines(self, path: str, kind: type[T], query: Mapping[str, object], page: int, cursor: str) -> Lines[T]:
        """Everything of a list after `cursor`, a page of `page` lines at a time."""
        return Lines(self, path, kind, {**query, "limit": page}, cursor)

    def _send(self, method: str, target: str, headers: Mapping[str, str], content: bytes, *, again: bool) -> _Said:
        for number in range(1, TRIES + 1):
            last = number == TRIES
            fresh = self._kept is None
            try:
                self._connect()
            except (OSError, ssl.SSLError) as error:
                trouble = _unreachable(error)
                if last or isinstance(error, ssl.SSLError):
                    raise trouble from None
                self.wait(_pause(number, ""))
                continue
            try:
                said = self._exchange(method, target, headers, content)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # A kept connection that the server had closed meanwhile brings nothing back, not even a status line.
                closed = isinstance(error, (http.client.RemoteDisconnected, BrokenPipeError)) and not fresh
                if last or not again:
                    raise _unreachable(error) from None
                if not closed:
                    self.wait(_pause(number, ""))
                continue
            if last or not again or not _worth_another(said):
                return said
            self.wait(_pause(number, said.headers.get("retry-after", "")))
        raise AssertionError  # the last try returns or raises

    def _connect(self) -> None:
        if self._kept is not None:
            return
        made = (
            http.client.HTTPSConnection(self._host, self._port, timeout=CONNECT, context=ssl.create_default_context())
            if self._secure
            else http.client.HTTPConnection(self._host, self._port, timeout=CONNECT)
        )
        try:
            made.connect()
        except BaseException:
            made.close()
            raise
        made.sock.settimeout(TIMEOUT)
        self._kept = made

    def _exchange(self, method: str, target: str, headers: Mapping[str, str], content: bytes) -> _Said:
        assert self._kept is not None  # noqa: S101 - _connect made it
        self._kept.request(method, target, body=content or None, headers=dict(headers))
        answer = self._kept.getresponse()
        read = answer.read()
        if answer.will_close:
            self.close()
        return _Said(answer.status, answer.msg, read)


class Lines(Iterator[T]):
    """The lines of a list, each page read when the one before it is used up.

    `cursor` is where the page after the last one that was read begins; None: there is none.
    """

    def __init__(self, wire: Wire, path: str, kind: type[T], query: Mapping[str, object], cursor: str) -> None:
        self._wire = wire
        self._path = path
        self._kind = kind
        self._query = query
        self._left: deque[T] = deque()
        self.cursor: str | None = cursor

    def __next__(self) -> T:
        while not self._left:
            if self.cursor is None:
                raise StopIteration
            self._left.extend(self.one_page())
        return self._left.popleft()

    def one_page(self) -> list[T]:
        """The next page as a whole. Raises as Wire.ask."""
        found = self._wire.ask("GET", self._path, _Page, query={**self._query, "cursor": self.cursor or None})
        self.cursor = found.next
        lines: list[T] = _read(bytes(found.items), list[self._kind])  # type: ignore[name-defined]  # at run time
        return lines


def token_of(file: Path) -> str:
    """The token in a file.

    As ssh does with a private key, a file of this user's own that its group or anybody else may open is refused.

    Raises:
        Unusable: it cannot be read, or others may read it.
    """
    try:
        with file.open("rb") as opened:
            found = os.fstat(opened.fileno())
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and found.st_mode & 0o077:
                raise Unusable(
                    f"Others may open the token's file (its mode is {stat.S_IMODE(found.st_mode):04o}), so it is not"
                    " used: `chmod 600` it, and make another token if somebody may have read it."
                )
            text = opened.read(LONGEST_TOKEN)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise Unusable(f"The token's file cannot be read: {reason}.") from None
    return text.decode("ascii", "replace").strip()


def _word(value: object) -> str:
    """A value as an address holds it, in JSON's own words."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode().strip('"')


def _place(url: str) -> tuple[bool, str, int | None, str]:
    """(is it TLS, host, port, path before /api) of a server's address. Raises Unusable."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Unusable("The server's address cannot be read: give it like https://alerts.example.") from None
    if parts.username is not None or parts.password is not None:
        raise Unusable("The server's address holds a name or a password: only the token's file says who asks.")
    if parts.scheme not in {"https", "http"} or not host or parts.query or parts.fragment:
        raise Unusable("The server's address cannot be read: give it like https://alerts.example.")
    if parts.scheme == "http" and not _here(host):
        raise Unusable("Plain http would show the token to the network: use https (http is for this machine alone).")
    return parts.scheme == "https", host, port, parts.path.rstrip("/")


def _here(host: str) -> bool:
    """Is this host this machine."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _worth_another(said: _Said) -> bool:
    if said.status in _AGAIN:
        return True
    return said.status == 409 and _problem(said).kind.endswith(_UNDER_WAY)  # noqa: PLR2004 - the first one is still at it


def _pause(number: int, asked: str) -> float:
    """Seconds until the next try: doubling from a quarter, spread, and as long as the server asked for if it did."""
    own = 0.25 * (1 << (number - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads callers, guards nothing
    return min(max(own, float(asked) if asked.isascii() and asked.isdigit() else 0.0), LONGEST_WAIT)


def _read(content: bytes, kind: Any) -> Any:  # noqa: ANN401 - what was asked for
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreachable(
            "The server answered in a way that this version does not read: is it Alertveil, and of this version?"
        ) from None


def _problem(said: _Said) -> _Problem:
    try:
        return msgspec.json.decode(said.content, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Problem("")


def _refused(said: _Said) -> Refused | Unreachable:
    found = _problem(said)
    if 300 <= said.status < 400:  # noqa: PLR2004 - redirects
        return Unreachable(f"The server redirects (status {said.status}), which is not followed: give its own address.")
    if not found.title:
        return Unreachable(f"Whatever answered there (status {said.status}) is not Alertveil's API.")
    text = found.detail or " ".join(found.errors) or f"{found.title}."
    if said.status >= 500:  # noqa: PLR2004 - the server's own fault
        text += f" (request {found.request_id})"
    return Refused(said.status, found.kind.rpartition(":")[2], text, found.errors, found.request_id)


def _unreachable(error: Exception) -> Unreachable:
    """The sentence for an error of the network; it quotes nothing that came from there."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(
            f"The server's certificate does not hold ({error.verify_message.lower()}). Where a company signs its own,"
            " SSL_CERT_FILE names the file with its authority."
        )
    if isinstance(error, ssl.SSLError):
        return Unreachable("No encrypted connection came about: is this an https port?")
    if isinstance(error, socket.gaierror):
        return Unreachable("The server's name was not found.")
    if isinstance(error, TimeoutError):
        return Unreachable("The server did not answer in time.")
    if isinstance(error, OSError) and error.strerror:
        return Unreachable(f"The server cannot be reached: {error.strerror.lower()}.")
    return Unreachable("The connection ended before the answer was there.")
