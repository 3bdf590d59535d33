"""Writes one HTTP/1.1 request and reads one answer, strictly: a bad answer is no guess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from channels import egress
from channels.egress import Place

LIMIT = 64 * 1024
"""Bytes of one answer, head and body, that are read. A longer body is cut and the connection dropped."""

_AGENT = b"Alertveil"
_HEAD_LIMIT = 16 * 1024
_HINTS = 8  # 1xx answers before the real one that we put up with
_TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # RFC 9110 §5.6.2
_HEX = frozenset(b"0123456789abcdefABCDEF")
_BODILESS = frozenset({204, 304})  # RFC 9112 §6.3
_LONGEST_LENGTH = 12  # digits of a Content-Length worth reading


class Prepared:
    """All of a request but its body, checked and encoded once. Its repr is empty: headers hold credentials."""

    __slots__ = ("bodiless", "head", "place")

    def __init__(self, place: Place, head: bytes, *, bodiless: bool) -> None:
        self.place = place
        self.head = head
        self.bodiless = bodiless

    def __repr__(self) -> str:
        return "<Prepared>"


Request = tuple[Prepared, bytes, bytes]
"""(where to, headers of this one message as `header_lines` makes them, body)."""


def prepare(url: str, headers: Iterable[tuple[str, str]] = (), method: str = "POST") -> Prepared:
    """A request to `url` with fixed `headers`; Host, User-Agent and Content-Length are added here.

    Raises:
        egress.Unsendable: the URL or a header cannot be sent as it is.
    """
    parsed = egress.parse_url(url)
    if not method.isalpha():
        raise egress.Unsendable("The method is no HTTP method.")
    head = b"%b %b HTTP/1.1\r\nHost: %b\r\nUser-Agent: %b\r\nAccept-Encoding: identity\r\n%b" % (
        method.encode(),
        parsed.target.encode(),
        parsed.authority.encode(),
        _AGENT,
        header_lines(headers),
    )
    return Prepared(parsed.place, head, bodiless=method == "HEAD")


def header_lines(headers: Iterable[tuple[str, str]]) -> bytes:
    """Header fields as bytes.

    Raises:
        egress.Unsendable: a name or value holds what would start another header, or is not ASCII.
    """
    lines = []
    for name, value in headers:
        if not (value.isascii() and value.isprintable() and name.replace("-", "").isalnum() and name.isascii()):
            raise egress.Unsendable("A header holds a character that HTTP does not allow.")
        lines.append(f"{name}: {value}\r\n")
    return "".join(lines).encode("ascii")


class BadAnswer(Exception):  # noqa: N818 - named like the Reason it becomes
    """The answer breaks RFC 9112. It carries nothing of the answer."""


class Head:
    """What a head says: `text` without its blank line, and how much body follows."""

    __slots__ = ("keep", "length", "status", "text")

    def __init__(self, text: bytes, status: int, length: int, keep: bool) -> None:  # noqa: FBT001 - read_head's alone
        self.text = text
        self.status = status
        self.length = length  # or one of the two below
        self.keep = keep  # the connection may carry another request


_CHUNKED = -1
_UNTIL_CLOSE = -2


class Response:
    """One answer. Its repr shows the status alone: a receiver may echo what we sent."""

    __slots__ = ("body", "head", "keep", "status", "truncated")

    def __init__(self, head: Head, body: bytes, keep: bool, truncated: bool = False) -> None:  # noqa: FBT001, FBT002 - hot
        self.status = head.status
        self.head = head
        self.body = body
        self.keep = keep
        self.truncated = truncated

    def __repr__(self) -> str:
        return f"<Response {self.status}>"

    def headers(self) -> Iterator[tuple[str, str]]:
        """(lower-case name, value) pairs in order."""
        for line in self.head.text.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            yield name.decode("ascii").lower(), value.strip(b" \t").decode("latin-1")

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return next((value for found, value in self.headers() if found == name), None)


def read_head(head: bytes, *, bodiless: bool = False) -> Head:  # noqa: C901 - one pass over one grammar
    """Status and framing from a head without its blank line. `bodiless`: the request was a HEAD.

    Raises:
        BadAnswer: RFC 9112 is broken, or framing is given in two ways (the seed of response splitting).
    """
    lines = head.split(b"\r\n")
    breaks = len(lines) - 1
    if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
        raise BadAnswer
    status_line = lines[0]
    code = status_line[9:12]
    if not (code.isdigit() and len(code) == 3 and status_line[12:13] in (b" ", b"")):  # noqa: PLR2004 - RFC 9112 §4
        raise BadAnswer
    version = status_line[:9]
    if version == b"HTTP/1.1 ":
        keep = True
    elif version == b"HTTP/1.0 ":
        keep = False
    else:
        raise BadAnswer
    status = int(code)
    length = _UNTIL_CLOSE
    encoding = b""
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon or not name or name.translate(None, _TOKEN):
            raise BadAnswer
        size = len(name)
        if size == 14 and name.lower() == b"content-length":  # noqa: PLR2004 - comparing lengths first is cheaper
            digits = value.strip(b" \t")
            if not digits.isdigit() or len(digits) > _LONGEST_LENGTH:
                raise BadAnswer
            if length not in (_UNTIL_CLOSE, int(digits)):
                raise BadAnswer
            length = int(digits)
        elif size == 10 and name.lower() == b"connection":  # noqa: PLR2004
            options = value.lower()
            if b"close" in options:
                keep = False
        elif size == 17 and name.lower() == b"transfer-encoding":  # noqa: PLR2004
            if encoding:
                raise BadAnswer
            encoding = value.strip(b" \t").lower()
            if encoding != b"chunked":
                raise BadAnswer
    if bodiless or status in _BODILESS or status < 200:  # noqa: PLR2004 - interim answers have no body
        return Head(head, status, 0, keep)
    if encoding:
        if length != _UNTIL_CLOSE or version == b"HTTP/1.0 ":
            raise BadAnswer
        return Head(head, status, _CHUNKED, keep)
    return Head(head, status, length, keep and length != _UNTIL_CLOSE)


def whole(data: bytes, known: Head | None = None) -> Response | None:
    """The answer in `data`, if it is one complete answer of known length and nothing else: nearly always so.

    `known` is the head before it on the same connection, often the same to the byte and then not read again.
    None: feed the data to a Reader instead. Raises BadAnswer like read_head.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    text = data[:end]
    head = known if known is not None and known.text == text else read_head(text)
    if head.status < 200 or head.length < 0 or len(data) != end + 4 + head.length:  # noqa: PLR2004
        return None
    return Response(head, data[end + 4 :], head.keep)


class Reader:
    """Takes an answer in pieces. Time is linear in what is fed, however small the pieces are."""

    __slots__ = ("_bodiless", "_body", "_buffer", "_chunk", "_head", "_hints", "_searched", "_seen")

    def __init__(self, *, bodiless: bool = False) -> None:
        self._bodiless = bodiless
        self._buffer = bytearray()  # not yet understood
        self._body = bytearray()
        self._head: Head | None = None
        self._searched = 0
        self._seen = 0
        self._hints = 0
        self._chunk = -1  # bytes left of the present chunk; -1: a size line comes, -2: its CRLF, -3: the trailer

    def feed(self, data: bytes) -> Response | None:
        """The answer once it is complete, else None. Raises BadAnswer."""
        self._seen += len(data)
        self._buffer += data
        while self._head is None:
            if not self._take_head():
                return None
        head = self._head
        if head.length == _CHUNKED:
            if self._take_chunks():
                return self._done(spare=bool(self._buffer))
        else:
            self._body += self._buffer
            self._buffer.clear()
            if head.length >= 0 and len(self._body) >= head.length:
                spare = len(self._body) > head.length
                del self._body[head.length :]
                return self._done(spare=spare)
        if self._seen >= LIMIT:
            return Response(head, bytes(self._body[:LIMIT]), keep=False, truncated=True)
        return None

    def finish(self) -> Response | None:
        """The answer that the end of the connection completes; None when it was cut. Raises BadAnswer."""
        if self._head is not None and self._head.length == _UNTIL_CLOSE:
            return Response(self._head, bytes(self._body), keep=False)
        return None

    def _done(self, *, spare: bool) -> Response:
        """Bytes after the answer belong to no request of ours: the connection cannot be trusted with another."""
        head = self._head
        if head is None:
            raise BadAnswer
        return Response(head, bytes(self._body), keep=head.keep and not spare)

    def _take_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self._searched = len(self._buffer)
            if self._searched > _HEAD_LIMIT:
                raise BadAnswer
            return False
        text = bytes(self._buffer[:end])
        head = read_head(text, bodiless=self._bodiless)
        del self._buffer[: end + 4]
        self._searched = 0
        if head.status < 200:  # noqa: PLR2004 - 100 to 199 announce the real answer
            self._hints += 1
            if head.status < 100 or head.status == 101 or self._hints > _HINTS:  # noqa: PLR2004 - we asked no upgrade
                raise BadAnswer
            return True
        self._head = head
        return True

    def _take_chunks(self) -> bool:
        """True when the last chunk and its trailer are in."""
        buffer = self._buffer
        while buffer:
            if self._chunk >= 0:
                piece = min(self._chunk, len(buffer))
                self._body += buffer[:piece]
                del buffer[:piece]
                self._chunk -= piece
                if self._chunk:
                    return False
                self._chunk = -2
            elif self._chunk == -2:  # noqa: PLR2004 - see __init__
                if len(buffer) < 2:  # noqa: PLR2004 - CRLF
                    return False
                if buffer[:2] != b"\r\n":
                    raise BadAnswer
                del buffer[:2]
                self._chunk = -1
            else:
                line = self._take_line()
                if line is None:
                    return False
                if self._chunk == -3:  # noqa: PLR2004
                    if not line:
                        return True
                    continue
                size = line.partition(b";")[0].rstrip(b" \t")
                if not size or len(size) > 8 or not _HEX.issuperset(size):  # noqa: PLR2004 - 4 GiB is no chunk
                    raise BadAnswer
                self._chunk = int(size, 16) or -3
        return False

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > _HEAD_LIMIT:
                raise BadAnswer
            return None
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            raise BadAnswer
        return line[:-2]
