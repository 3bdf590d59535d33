"""What the tests of the formats share: the canary patient, a body on its way through the edge, and rubbish."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import strategies as st

from router.flow.intake import draft
from router.privacy.rules import Level, compile_rules
from router.sources.contract import Malformed, RawAlert, Signed, WrongShape
from router.sources.registry import FORMATS

NAME = "Zebulon Quackenbush"
MRN = "MRN-77341902"
EMAIL = "zq.canary@leakmail.test"
SAID = f"no chart for {NAME}, {MRN}, {EMAIL}"
NOW = datetime(2026, 1, 5, 10, 5, tzinfo=UTC)
LEVELS: tuple[Level, ...] = ("detect", "strict", "sealed")
RULES = {level: compile_rules(level) for level in LEVELS}


def parse(name: str, body: object) -> list[RawAlert]:
    """The alerts of a body in this format."""
    return FORMATS[name].parse(body if isinstance(body, bytes) else orjson.dumps(body), {}, NOW)


def one(name: str, body: object) -> RawAlert:
    """The only alert of a body."""
    (alert,) = parse(name, body)
    return alert


def edge(name: str, body: object, level: Level = "strict") -> list[dict[str, Any]]:
    """What the edge makes of the alerts of a body: all that would be stored of them."""
    return [draft(raw, RULES[level], FORMATS[name]).event for raw in parse(name, body)]


def leaks(stored: object) -> list[str]:
    """Parts of the canary patient that can be read."""
    text = orjson.dumps(stored).decode().lower()
    return [word for word in ("zebulon", "quackenbush", "77341902", "leakmail", "zq.canary") if word in text]


def shows(name: str, secret: bytes, headers: Mapping[bytes, bytes], body: bytes, **settings: str) -> bool:
    """Whether the format takes this signature."""
    proves = FORMATS[name].proves
    assert proves is not None
    return proves(Signed(body, headers, secret, settings, NOW))


def rubbish(*keys: str) -> st.SearchStrategy[Any]:
    """JSON values of every shape, out of these keys and words that formats look for."""
    words = ["", "firing", "resolved", "critical", "Triggered", "ALARM", "OK", "create", "close", "1", "P1", NAME]
    leaf = st.none() | st.booleans() | st.integers(-9, 10**19) | st.floats(-1, 1) | st.sampled_from(words)
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*keys, "x", "id", "type", "name", "value"]), inner, max_size=5)
        ),
        max_leaves=20,
    )


def taken_or_refused(name: str, body: object) -> None:
    """Any body becomes alerts with a title that the edge can draft, or is refused in words that repeat nothing."""
    refusal, alerts = "", []
    try:
        alerts = parse(name, body)
    except (Malformed, WrongShape) as refused:
        refusal = str(refused)
    assert not leaks(refusal)
    assert all(alert.title and repr(alert) == "<RawAlert>" for alert in alerts)
    for alert in alerts:
        draft(alert, RULES["strict"], FORMATS[name])
