r"""A body becomes a JSON value, or is refused for good: nothing two readers could understand differently gets in.

orjson does the work and already refuses NaN, infinities, lone surrogates, a byte order mark and what is not UTF-8.
What it lets pass is found without a Python-level hook on the common path:

* A duplicate key. Serialised again, the value has one colon per key that was kept, plus those inside strings, which
  orjson never escapes. The body has at least as many, plus one for every key that was dropped; so the two counts are
  equal exactly when no key was dropped. Only an escaped colon in the body (`\u003a`) could hide one, and such a body
  is read a second time, slowly.
* Depth and number of values: the body's length, and counts of brackets, commas and colons, bound both from above; a
  value beyond the bound is walked.
* NUL, which PostgreSQL cannot store: only the escape `\u0000` can bring one.
"""

from __future__ import annotations

import json
from typing import Final

import orjson

from router.sources.contract import Json, Malformed

MAX_DEPTH: Final = 64
"""Objects and arrays inside one another. Payloads of the formats we take nest at most a dozen deep."""

MAX_VALUES: Final = 50_000
"""Values in one body, counting every object, array and scalar: a hundred alerts of five hundred values each."""

MAX_NAMES: Final = 4_000
"""Different keys in one body: each is read as a text of its own, which costs 0.2 ms (20,000 of them, 310 kB: 12 s).
The widest that is known is a Sentry event's list of modules, one key for each of some hundreds of packages."""

_TOO_DEEP = f"the body nests deeper than {MAX_DEPTH} levels; send it flatter"
_TOO_MANY = f"the body holds more than {MAX_VALUES} values; send fewer alerts at once"
_TOO_MANY_NAMES = f"the body has more than {MAX_NAMES} different keys; send what varies as values"
_DUPLICATE = "an object in the body has the same key twice; send each key once"


def read(body: bytes) -> Json:
    """The JSON value of `body`.

    An integer beyond 64 bits becomes a float, as JavaScript and most databases read it.

    Raises:
        Malformed: not UTF-8, not JSON (RFC 8259), a duplicate key, a number beyond a double, a lone surrogate, a NUL
            character, more than MAX_DEPTH levels, MAX_VALUES values or MAX_NAMES different keys. The exception holds
            nothing of the body.
    """
    value, problem = _decode(body)
    if problem is None:
        problem = _excess(body, value) or _ambiguous(body, value)
    if problem is not None:
        raise Malformed(problem)
    return value


def _decode(body: bytes) -> tuple[Json, str | None]:
    """The value, or the problem in words; returned, not raised, since orjson's exception carries the whole body."""
    try:
        return orjson.loads(body), None
    except orjson.JSONDecodeError as error:
        if error.msg.startswith("depth limit"):
            return None, _TOO_DEEP
        line, column = error.lineno, error.colno
    if not body.strip():
        return None, "the body is empty; send a JSON object or array"
    if body.startswith(b"\xef\xbb\xbf"):
        return None, "the body starts with a byte order mark; send UTF-8 without one"
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return None, f"the body is not UTF-8 (byte {error.start})"
    return None, f"the body is not valid JSON (line {line}, column {column})"


def _excess(body: bytes, value: Json) -> str | None:
    opened = body.count(b"[") + body.count(b"{")
    # A key with its value takes five bytes and a colon, so a short body cannot have too many of them.
    colons = body.count(b":") if len(body) > 5 * MAX_NAMES else 0
    few = len(body) < MAX_VALUES or opened + colons + body.count(b",") < MAX_VALUES
    if opened <= MAX_DEPTH and colons <= MAX_NAMES and few:
        return None
    level: list[Json] = [value]
    names: set[str] = set()
    values = depth = 0
    while level:
        values += len(level)
        if values > MAX_VALUES:
            return _TOO_MANY
        containers = [item for item in level if type(item) is dict or type(item) is list]
        depth += bool(containers)
        if depth > MAX_DEPTH:
            return _TOO_DEEP
        level = []
        for item in containers:
            if type(item) is dict:
                level.extend(item.values())
                names.update(item)
            else:
                level.extend(item)
        if len(names) > MAX_NAMES:
            return _TOO_MANY_NAMES
    return None


def _ambiguous(body: bytes, value: Json) -> str | None:
    if b"\\u00" in body:
        if b"\\u0000" in body.replace(rb"\\", b"__"):  # an escaped backslash is no beginning of an escape
            return "the body holds a NUL character (\\u0000); send text without it"
        if b"\\u003" in body:
            return _DUPLICATE if _has_duplicate(body) else None
    return _DUPLICATE if body.count(b":") != orjson.dumps(value).count(b":") else None


def _has_duplicate(body: bytes) -> bool:
    found = False

    def check(pairs: list[tuple[str, Json]]) -> None:
        nonlocal found
        found = found or len({name for name, _ in pairs}) != len(pairs)

    json.loads(body, object_pairs_hook=check)
    return found
