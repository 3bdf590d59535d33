"""What a text may hold inside itself, and the way back: JSON, base64, base64url, hex, and gzip in them."""

# ruff: noqa: PLR2004 - lengths of encodings
from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

Json = Any
_URL_SAFE: Final = str.maketrans("-_", "+/")
MAX_INFLATED: Final = 1 << 20
RUN: Final = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}")
_WRAPPED: Final = re.compile(r"[A-Za-z0-9+/]{64}(?:[A-Za-z0-9+/]{12})?(?:\r?\n[A-Za-z0-9+/]{4,76}={0,2})++")
"""Base64 in lines of 64 characters (RFC 7468) or 76 (RFC 2045)."""
_DUMP: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{2}(?:[ :][0-9A-Fa-f]{2}){11,}+(?![0-9A-Za-z])")
SHORTEST_DUMP: Final = 35
_HEX: Final = re.compile("[0-9a-f]++|[0-9A-F]++")
LONG: Final = re.compile(
    r"(?:[^A-Za-z0-9+/_-]*+[A-Za-z0-9+/_-]{1,15}+(?![A-Za-z0-9+/_-]))*+[^A-Za-z0-9+/_-]*+[A-Za-z0-9+/_-]{16}"
)
"""Matches a text with a run of sixteen such characters, each of them looked at once."""
OBJECT: Final = re.compile(r'\{\s{0,40}"')
KEY_BEFORE: Final = re.compile(r"""([A-Za-z_][A-Za-z0-9_]{1,40})["']?\s?(?:=|:|=>|:=)\s?$""")
SMALLEST: Final = 8


def repeats_a_key(text: str) -> bool:
    """Does an object in a JSON document have a key twice: the value that loses was never looked at."""
    found = False

    def pairs(items: list[tuple[str, Json]]) -> None:
        nonlocal found
        found = found or len({name for name, _ in items}) < len(items)

    try:
        json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return True
    return found


def _distinct(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object's members; ValueError when a key comes twice, for the value that loses would never be looked at."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


DECODER: Final = json.JSONDecoder(object_pairs_hook=_distinct)


def dump(value: Json, *, spaced: bool) -> str:
    """JSON again, with blanks after its marks or without any."""
    text = orjson.dumps(value).decode()
    if not spaced:
        return text
    return json.dumps(value, ensure_ascii=False)


_UTF8: Final = re.compile(
    rb"(?:[\x00-\x7f]++|[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]|[\xf1-\xf3][\x80-\xbf]{2}|\xf4[\x80-\x8f][\x80-\xbf])[\x80-\xbf])*+"
)
"""RFC 3629, section 4. The decoder says the same, but no is an exception, which costs four times as much."""
_SHORT: Final = 64


def _as_it_is(raw: bytes) -> bytes:
    return raw


def _gzipped(raw: bytes) -> bytes:
    return gzip.compress(raw, mtime=0)


def _deflated(raw: bytes) -> bytes:
    return zlib.compress(raw)


def _inflated(raw: bytes) -> bytes:
    """What is compressed in `raw`, up to MAX_INFLATED bytes of it, whole members one after the other. zlib.error."""
    found = bytearray()
    while raw and len(found) < MAX_INFLATED:
        member = zlib.decompressobj(47)
        found += member.decompress(raw, MAX_INFLATED)
        if raw == member.unused_data:
            break
        raw = member.unused_data
    return bytes(found)


def _readable(raw: bytes) -> tuple[str, Callable[[str], bytes]] | None:
    """Decoded bytes as text, when they are text, with the way back."""
    pack: Callable[[bytes], bytes] = _as_it_is
    if raw[:2] == b"\x1f\x8b" or raw[:1] == b"\x78":
        try:
            raw, pack = _inflated(raw), _gzipped if raw[:1] == b"\x1f" else _deflated
        except zlib.error:
            if raw[:1] == b"\x1f":
                return None
    if raw[1:2] == raw[3:4] == b"\x00" and not len(raw) & 1:
        charset = "utf-16-le"  # as PowerShell encodes a command
    else:
        charset = "utf-8"
        if len(raw) <= 16 and not raw.isascii():
            return None  # a digest's bytes may be UTF-8 by chance; a name has more of them
        if len(raw) <= _SHORT and _UTF8.fullmatch(raw) is None:
            return None
    try:
        text = raw.decode(charset)
    except UnicodeDecodeError:
        return None
    if len(text) < 6:
        return None
    if not text.isprintable() and not all(char.isprintable() or char in "\r\n\t\x1b" for char in text):
        return None
    return text, lambda plain: pack(plain.encode(charset))


def opened_run(run: str) -> tuple[str, Callable[[str], str]] | None:
    """A run of base64, base64url or hex that is text inside, with the way back."""
    if RUN.fullmatch(run) is None:
        return None
    body = run.rstrip("=")
    if body.isdigit() and set(body[::2]) != {"3"}:
        return None  # a number; in hex only digits would be written with digits alone
    if not len(body) & 1 and _HEX.fullmatch(body) is not None:
        found = _readable(bytes.fromhex(body))
        if found is not None:
            text, pack = found
            return text, lambda plain: pack(plain).hex()
    if len(body) % 4 == 1:
        return None
    url = "-" in body or "_" in body
    if url and ("+" in body or "/" in body):
        return None
    try:
        raw = binascii.a2b_base64(
            (body.translate(_URL_SAFE) if url else body) + "=" * (-len(body) % 4), strict_mode=True
        )
    except (binascii.Error, ValueError):
        return None
    found = _readable(raw)
    if found is None:
        return None
    text, pack = found
    padded = run != body or len(body) % 4 == 0

    def encode(plain: str) -> str:
        out = (base64.urlsafe_b64encode if url else base64.b64encode)(pack(plain)).decode()
        return out if padded else out.rstrip("=")

    return text, encode


def opened_lines(text: str, start: int) -> tuple[int, str, Callable[[str], str]] | None:
    """Base64 in lines from `start` on that is text inside: where it ends, the text, and the way back, in lines too."""
    lines = _WRAPPED.match(text, start)
    if lines is None:
        return None
    first, *rest = lines[0].splitlines()
    opened = opened_run("".join((first, *rest)))
    if opened is None:
        return None
    plain, encode = opened
    end = "\r\n" if "\r\n" in lines[0] else "\n"
    return lines.end(), plain, lambda text: end.join(re.findall(f".{{1,{len(first)}}}", encode(text)))


def dumped(text: str) -> Iterator[tuple[int, int, str]]:
    """The bytes in `text` that are written as pairs of hex digits apart from each other and are text themselves."""
    for match in _DUMP.finditer(text):
        plain = bytes.fromhex(match[0].replace(":", " ")).decode("latin-1")
        if 8 * sum(" " <= char <= "~" or char in "\r\n\t\x0b\x1c" for char in plain) > 7 * len(plain):
            yield match.start(), match.end(), plain


def rewritten(box: list[Json], run: str) -> str:
    """A JSON object again, with what became of its values; as it was when nothing did."""
    return run if box[0] == json.loads(run) else json.dumps(box[0], ensure_ascii=False, separators=_gaps(run))


def _gaps(run: str) -> tuple[str, str]:
    return (", " if '", ' in run or "}, " in run else ",", ": " if '": ' in run else ":")


def written(box: list[Json], plain: str, encode: Callable[[str], str], run: str) -> str:
    """An encoded run again, with what became of its text; as it was when nothing did."""
    return run if box[0] == plain else encode(box[0])
