"""What the demo's sources sent and what its channels got, kept in memory and matched by incident."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Sequence
from email.message import EmailMessage
from typing import NamedTuple

from router.local.vendors.base import Captured

KEPT = 200
"""Messages that are remembered; older ones are forgotten first."""

VENDORS = ("slack", "pagerduty", "smtp", "webhook")

_UUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}([0-9a-f]{8})(?![0-9a-f])",
    re.IGNORECASE,
)
_SHORT = re.compile(r"INC-[0-9A-F]{8}")


class Sent(NamedTuple):
    """One request of a source, and how it was answered."""

    at: float  # seconds since the epoch
    source: str
    title: str
    body: str
    phi: tuple[str, ...]
    status: int
    incidents: tuple[str, ...]  # short ids


class Got(NamedTuple):
    """One message that reached a receiver."""

    number: int
    captured: Captured
    text: str  # everything in it that a person or program could read, decoded
    names: tuple[str, ...]  # the short ids that stand in it, in order


class Card(NamedTuple):
    """One incident: what was sent about it and what each channel got, each oldest first."""

    incident: str  # short id; empty for messages that name none
    sent: tuple[Sent, ...]
    got: dict[str, tuple[Got, ...]]  # by vendor


class Tally(NamedTuple):
    """The one comparison that matters."""

    requests: int
    values: int  # distinct synthetic PHI values that were sent
    messages: int
    leaked: tuple[str, ...]  # those of the values that stand in a message


def short_of(incident_id: str) -> str:
    """The short id of an incident's uuid, as the product makes it: INC- and the last eight hexadecimal digits."""
    return f"INC-{incident_id[-8:].upper()}"


def text_of(captured: Captured) -> str:
    """All text of a message with its encodings undone: JSON escapes, MIME parts, header words."""
    if captured.mail is not None:
        parts = [f"{name}: {value}" for name, value in captured.mail.items()]
        parts += [
            str(part.get_content())
            for part in captured.mail.walk()
            if part.get_content_maintype() == "text" and isinstance(part, EmailMessage)
        ]
        return "\n".join(parts)
    raw = captured.body.decode("utf-8", "replace")
    try:
        decoded = json.dumps(json.loads(raw), ensure_ascii=False)
    except ValueError:
        decoded = ""
    headers = "\n".join(f"{name}: {value}" for name, value in captured.headers.items() if name != "authorization")
    return f"{captured.target}\n{headers}\n{raw}\n{decoded}"


def names_in(text: str) -> tuple[str, ...]:
    """The short ids that a text names, as such or through a uuid, without repeats."""
    found = _SHORT.findall(text) + [f"INC-{tail.upper()}" for tail in _UUID.findall(text)]
    return tuple(dict.fromkeys(found))


class Record:
    """Thread-safe: receivers write from their own threads, pages read."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._sent: deque[Sent] = deque(maxlen=KEPT)
        self._got: deque[Got] = deque(maxlen=KEPT)
        self._number = 0

    def add_sent(self, sent: Sent) -> None:
        with self._news:
            self._sent.append(sent)
            self._news.notify_all()

    def add_got(self, captured: Captured, about: str = "") -> None:
        """Keep a message; `about` is text that says what it is about when its own does not."""
        text = text_of(captured)
        with self._news:
            self._number += 1
            self._got.append(Got(self._number, captured, text, names_in(text) or names_in(about)))
            self._news.notify_all()

    def got(self, number: int) -> Got | None:
        """The message with this number, if it is still remembered."""
        with self._news:
            return next((got for got in self._got if got.number == number), None)

    def wait_for(self, incidents: Sequence[str], seconds: float) -> bool:
        """Wait until every vendor got a message about each of `incidents`; False when `seconds` passed first."""

        def complete() -> bool:
            have = {(name, got.captured.vendor) for got in self._got for name in got.names}
            return all((incident, vendor) in have for incident in incidents for vendor in VENDORS)

        with self._news:
            return self._news.wait_for(complete, seconds)

    def cards(self) -> list[Card]:
        """One card an incident, the one with the latest news first."""
        with self._news:
            sent, got = list(self._sent), list(self._got)
        known = {name for one in sent for name in one.incidents}
        sent_of: dict[str, list[Sent]] = {}
        got_of: dict[str, dict[str, list[Got]]] = {}
        latest: dict[str, float] = {}
        for one in sent:
            for name in one.incidents or ("",):
                sent_of.setdefault(name, []).append(one)
                latest[name] = max(latest.get(name, 0.0), one.at)
        for message in got:
            name = next((name for name in message.names if name in known), next(iter(message.names), ""))
            got_of.setdefault(name, {}).setdefault(message.captured.vendor, []).append(message)
            if name not in known:
                latest[name] = max(latest.get(name, 0.0), message.captured.at)
        return [
            Card(
                name,
                tuple(sent_of.get(name, ())),
                {vendor: tuple(messages) for vendor, messages in got_of.get(name, {}).items()},
            )
            for name in sorted(latest, key=lambda name: latest[name], reverse=True)
        ]

    def tally(self) -> Tally:
        """How much synthetic PHI went in, and how much of it stands in anything that came out."""
        with self._news:
            sent, got = list(self._sent), [message.text.casefold() for message in self._got]
        values = list(dict.fromkeys(value for one in sent for value in one.phi))
        leaked = tuple(value for value in values if any(value.casefold() in text for text in got))
        return Tally(len(sent), len(values), len(got), leaked)
