"""What the formats say alike about single fields: times, severities, labels and links, read without judging words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeGuard

from channels.contract import Severity
from router.sources.contract import Json, Signal

NAMES: Final = (
    "alertname",
    "app",
    "application",
    "cluster",
    "component",
    "container",
    "deployment",
    "env",
    "environment",
    "host",
    "hostname",
    "instance",
    "job",
    "namespace",
    "node",
    "pod",
    "region",
    "service",
    "team",
    "version",
    "zone",
)
"""Labels that by convention of Prometheus and Kubernetes name a thing that runs, never a person."""

NAME_ROLES: Final[Mapping[str, str]] = {f"labels.{name}": "name" for name in NAMES} | {"labels.severity": "enum"}

UNSTATED: Final[Severity] = "error"
"""The severity of an alert that states none, or one that nobody knows: too loud is noticed, too quiet is not."""

_WORDS: Final[Mapping[Severity, str]] = {
    "critical": "critical crit fatal emergency emerg panic disaster page p1 sev1 sev-1 blocker alert",
    "error": "error err high major p2 sev2 sev-2 failure average",
    "warning": "warning warn medium moderate minor p3 sev3 sev-3 degraded",
    "info": "info information informational notice debug trace low none ok success p4 p5 sev4 sev5 sev-4 sev-5",
}
_SEVERITIES: Final = {word: severity for severity, words in _WORDS.items() for word in words.split()}

_OLDEST = 1971
"""Go writes a missing time as the year 1, others as the epoch."""

_MILLISECONDS = 100_000_000_000
"""An epoch number from here on counts milliseconds: as seconds it would be the year 5138."""

_MAX_URL = 2048


def severity(word: Json) -> Severity:
    """One of our four for a tool's own word (PagerDuty's, Prometheus', syslog's, P1 to P5); UNSTATED when unknown."""
    if type(word) is not str:
        return UNSTATED
    return _SEVERITIES.get(word) or _SEVERITIES.get(word.strip().lower(), UNSTATED)


def time(value: Json) -> datetime | None:
    """Aware UTC from RFC 3339 text or an epoch in seconds or milliseconds; None for anything else and for "never"."""
    try:
        if type(value) is str:
            moment = datetime.fromisoformat(value)
            if moment.year < _OLDEST:
                return None
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if type(value) is int or type(value) is float:
            moment = datetime.fromtimestamp(value / 1000 if value >= _MILLISECONDS else value, UTC)
            return None if moment.year < _OLDEST else moment
    except (ValueError, OverflowError, OSError):
        return None
    return None


def episode(signal: Signal, starts: datetime | None, ends: datetime | None) -> str:
    """What tells one occurrence from the next: its beginning, and for a resolve its end too, since one may end twice.

    (Alertmanager ends an alert when Prometheus falls silent, and fires it again with the beginning it had.)
    """
    if starts is None:
        return ""
    if signal == "resolved" and ends is not None:
        return f"{starts.isoformat()}/{ends.isoformat()}"
    return starts.isoformat()


def text(value: Json) -> str:
    """A scalar as text; empty for null, objects and arrays."""
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int or type(value) is float:
        return repr(value)
    return ""


def labels(given: dict[str, Json]) -> tuple[dict[str, str], dict[str, Json]]:
    """Labels as text, and what is no scalar and so no label. An empty value is no label, as in Prometheus."""
    kept: dict[str, str] = {}
    rest: dict[str, Json] = {}
    for name, value in given.items():
        if type(value) is str:
            if value:
                kept[name] = value
        elif type(value) is dict or type(value) is list:
            rest[name] = value
        elif value is not None:
            kept[name] = text(value)
    return kept, rest


def is_link(value: Json) -> TypeGuard[str]:
    """Whether it is a web address that a message could show as a link."""
    return type(value) is str and value.startswith(("https://", "http://")) and len(value) <= _MAX_URL
