"""How pages look: templates that escape everything, tokens as pills, times on the reader's clock, JSON as a tree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from channels.text import clip
from router.core.access import may
from router.core.clock import UTC_CLOCK, Clock
from router.flow.overview import about, in_a_phrase
from router.privacy.tokens import KINDS, TOKEN
from router.web.pages.areas import areas

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

HERE: Final = Path(__file__).resolve().parents[1]
LEAVES: Final = 400
"""Values of one alert that its tree shows."""

RULES: Final = {
    "argument": "an argument where names are passed",
    "beside": "it stands beside another finding",
    "budget": "too much to read word by word, so all of it",
    "care": "what such a text says of care",
    "code": "a code whose role is not known (strict)",
    "column": "the head of its column",
    "cue": "a word before it",
    "depth": "nested too deeply to read, so all of it",
    "digits": "digits whose role is not known (strict)",
    "dump": "what its bytes in hexadecimal or octal say",
    "field": "a rule of your configuration for its field",
    "floor": "a floor and its side, in a text about a person",
    "island": "words of another language in between",
    "key": "the name of its field",
    "lexicon": "it is no word of the safe lexicon (strict)",
    "masked": "the digits left of a masked number",
    "minute": "a time to the minute, alone in its field",
    "mixed": "letters and digits mixed (strict)",
    "month": "the month beside it",
    "name": "how names are written, and lists of names",
    "number": "a number whose role is not known (strict)",
    "path": "its place in a path",
    "pattern": "a pattern of your configuration",
    "phrase": "a phrase of clinical words",
    "prefix": "the letters before it",
    "propagated": "the same value stands elsewhere in this alert",
    "query": "words joined in the query of an address",
    "record": "its place in a record",
    "sealed": "the level sealed: every text, whole",
    "segment": "its place in an HL7 or X12 segment",
    "shape": "its shape",
    "state": "the state beside it",
    "street": "how street addresses are written",
    "suffix": "the ending of a clinical word",
    "titled": "capitals in a text about a person",
    "unit": "the unit of measurement beside it",
    "unknown": "it is not known to be harmless (strict)",
    "untold": "it stands in a text about a person, and is no word of the trade",
    "ward": "what wards are called",
}
"""Why a value became a token, for people; the tokenizer keeps the short words."""

VALUE: Final = 2000
"""Characters of one value that are shown, never cut inside a token."""

DEEPEST: Final = 12
"""Levels that are drawn one inside the other; deeper ones stand at the last."""

AHEAD: Final = 10
"""Seconds by which the database's clock may be ahead of ours before an age is told as a time to come."""

_UNITS: Final = ((86400, 2 * 86400, "d"), (3600, 2 * 3600, "h"), (60, 100, "min"), (1, 0, "s"))

STATIC: Final = {
    "alertveil.css": "text/css",
    "copy.js": "text/javascript",
    "htmx.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "keys.js": "text/javascript",
    "no-store.js": "text/javascript",
    "passkey.js": "text/javascript",
    "zone.js": "text/javascript",
}


class Leaf(NamedTuple):
    """One line of a JSON tree. `text` is None for the head of an object or list."""

    depth: int
    key: str
    text: str | None


@dataclass(slots=True)
class Reading:
    """What the filters need to know of the page that is being made, and what its end has to know of them.

    `pills`: a token stands on it; `copies`: so it carries the script that copies one.
    """

    clock: Clock = UTC_CLOCK
    pills: bool = False
    copies: bool = False


_reading: Final = ContextVar("reading", default=Reading())  # noqa: B039 - that of no page: nothing reads its marks


@cache
def static(name: str) -> tuple[bytes, str]:
    """A static file and its media type. Raises KeyError."""
    kind = STATIC[name]
    return (HERE / "static" / name).read_bytes(), kind


@cache
def mark(name: str) -> str:
    """A static file's address with a mark of its content, so that a browser may keep it."""
    return f"/static/{name}?v={hashlib.sha256(static(name)[0]).hexdigest()[:12]}"


@cache
def environment() -> Environment:
    """The templates. Built at the first page: a process that only takes alerts in does not carry it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - as said

    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "pills": pills,
        "tree": tree,
        "age": age,
        "hour": hour,
        "moment": moment,
        "listed": listed,
        "span": about,
        "rule": rule_words,
        "commands": commands,
        "phrase": in_a_phrase,
    }
    made.globals |= {"mark": mark, "may": may, "areas": areas, "copying": copying}
    return made


def render(template: str, clock: Clock, **given: object) -> tuple[str, bool]:
    """A page out of a template, its times on this clock; and does it carry the script that copies tokens."""
    reading = Reading(clock)
    before = _reading.set(reading)
    try:
        text = environment().get_template(template).render(offset=clock.offset(datetime.now(UTC)), **given)
    finally:
        _reading.reset(before)
    return text, reading.copies


def copying() -> Markup:
    """The script that copies a token, for the end of a page on which one stands; else nothing."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with the templates

    reading = _reading.get()
    if not reading.pills:
        return Markup("")
    reading.copies = True
    return Markup('<script src="{}" defer></script>').format(mark("copy.js"))


def pills(text: object) -> Markup:
    """Text with its tokens as pills; everything in it is escaped, and what is copied out of it is the token itself."""
    from markupsafe import Markup, escape  # noqa: PLC0415 - comes with the templates

    parts: list[Markup] = []
    at = 0
    reading = _reading.get()
    shown = clip(str(text), VALUE)
    for found in TOKEN.finditer(shown):
        kind = KINDS.get(found[1])
        if kind is None or found[2].isdigit():
            continue
        reading.pills = True
        parts.append(escape(shown[at : found.start()]))
        parts.append(Markup('<span class="token" title="{}">{}</span>').format(kind, found[0]))
        at = found.end()
    parts.append(escape(shown[at:]))
    return Markup("").join(parts)


def commands(text: str) -> Markup:
    """A sentence of ours with its `commands` set off."""
    from markupsafe import Markup, escape  # noqa: PLC0415 - comes with the templates

    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def rule_words(rule: str) -> str:
    """Why a value became a token; a word that this version does not know stays as it is."""
    return RULES.get(rule, rule)


def tree(value: Any, most: int = LEAVES) -> Iterator[Leaf]:  # noqa: ANN401 - a JSON value
    """A JSON value as lines, in its order; at most `most` of them, and a last one that says so."""
    waiting: list[tuple[int, str, Any]] = [(0, "", value)]
    shown = 0
    while waiting:
        depth, key, each = waiting.pop()
        inside: list[tuple[str, Any]] | None = None
        if isinstance(each, dict):
            inside = list(each.items())
        elif isinstance(each, list):
            inside = [(str(number), one) for number, one in enumerate(each)]
        if shown >= most:
            yield Leaf(0, "", "more than is shown here")
            return
        if inside is None:
            yield Leaf(min(depth, DEEPEST), key, _said(each))
            shown += 1
            continue
        if key:
            yield Leaf(min(depth, DEEPEST), key, None if inside else "empty")
            shown += 1
        waiting += [(depth + bool(key), name, one) for name, one in reversed(inside)]


def ago(at: datetime | None, now: datetime) -> str:
    """`3 min ago`; `in 3 min` for what is to come, beyond what two clocks differ by."""
    if at is None:
        return "never"
    seconds = (now - at).total_seconds()
    if -AHEAD < seconds < 1:
        return "just now"
    size, unit = next((size, unit) for size, least, unit in _UNITS if abs(seconds) >= least)
    return f"{seconds / size:.0f} {unit} ago" if seconds > 0 else f"in {-seconds / size:.0f} {unit}"


def age(at: datetime | None, now: datetime) -> Markup | str:
    """`ago` as an element that says the time itself to machines and on hovering, on the reader's clock and in UTC."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with the templates

    if at is None:
        return "never"
    utc, shown = _utc(at), _reading.get().clock
    said = f"{utc[:19]} UTC" if shown is UTC_CLOCK else f"{shown.full(at)} ({utc[:19]} UTC)"
    return Markup(f'<time datetime="{utc[:10]}T{utc[11:19]}Z" title="{said}">{ago(at, now)}</time>')  # noqa: S704 - digits


def hour(at: datetime, now: datetime) -> str:
    """`16:04:05` on the reader's clock, with the day before it when that is not today's there."""
    by = _reading.get().clock
    text = by.local(at).isoformat(" ", "seconds")
    return text[11:] if text[:10] == by.local(now).date().isoformat() else text


def moment(at: datetime | None) -> Markup:
    """`2026-11-22 16:04:05 UTC+1` on the reader's clock, as an element that says it to machines and on hovering in UTC.

    In one piece, for pages with a thousand of them.
    """
    from markupsafe import Markup  # noqa: PLC0415 - comes with the templates

    if at is None:
        return Markup("")
    utc, shown = _utc(at), _reading.get().clock
    machine = f"{utc[:10]}T{utc[11:19]}Z"
    if shown is UTC_CLOCK:
        return Markup(f'<time datetime="{machine}">{utc[:19]} UTC</time>')  # noqa: S704 - digits only
    return Markup(f'<time datetime="{machine}" title="{utc[:19]} UTC">{shown.full(at)}</time>')  # noqa: S704 - digits


def listed(names: Iterable[str]) -> str:
    """`privacy officer, responder`: names of roles and flags as people read them."""
    return ", ".join(names).replace("_", " ")


def _said(value: Any) -> str:  # noqa: ANN401 - a JSON scalar
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _utc(at: datetime) -> str:
    """`2026-11-22 15:04:05+00:00`."""
    return at.astimezone(UTC).isoformat(" ", "seconds")
