"""A silence keeps channels quiet about alerts that match it, for a while that somebody chose and gave a reason for.

It quiets what is new and hides nothing: alerts are kept, incidents open and close, and whoever heard of an incident
before hears of its end (design §3, promise 5). It always ends, and what it kept quiet is told then, if it still lasts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from router.core.routing import Matcher, MatcherError, parse_matcher

State = Literal["pending", "active", "expired"]

LONGEST: Final = timedelta(days=30)
"""How long one lasts at most. What is to be quiet for longer is a route's business, which stands in the file."""

AHEAD: Final = timedelta(days=90)
"""How far ahead one may begin."""

MOST: Final = 200
"""Silences of a tenant that are not over: each is tried on every alert that would be told."""

MATCHERS: Final = 20
"""Matchers of one silence."""

_NO_VALUE: Final = "\u2205 no label has this value"
"""What a matcher that takes it does not narrow anything down."""


class SilenceError(Exception):
    """A silence cannot be made so. The text says why; of matchers it repeats what somebody who configures typed."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Matchers that must all hold, from `starts_at` until before `ends_at`; `reason` is tokenized text."""

    silence_id: UUID
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str

    @property
    def short_id(self) -> str:
        """What people say: SIL- and eight characters of the id's random tail."""
        return "SIL-" + self.silence_id.hex[-8:].upper()

    def state(self, now: datetime) -> State:
        """Where it stands at a moment."""
        if now >= self.ends_at:
            return "expired"
        return "active" if now >= self.starts_at else "pending"

    def takes(self, known: Mapping[str, str]) -> bool:
        """Do all its matchers hold, whatever the time; `known` are the facts that routes see (`routing.facts`)."""
        return all(matcher.matches(known) for matcher in self.matchers)

    def holds(self, known: Mapping[str, str], now: datetime) -> bool:
        """Does it keep channels quiet about this, now."""
        return self.starts_at <= now < self.ends_at and self.takes(known)

    def ended(self, now: datetime) -> Silence:
        """The same, over from `now` on; one that is over stays as it was."""
        return self if now >= self.ends_at else replace(self, ends_at=now)


def matchers(texts: Sequence[str], looks_like_phi: Callable[[str], bool]) -> tuple[Matcher, ...]:
    """The matchers of a silence, read and found fit.

    `looks_like_phi` is the detector's opinion of a text: what a silence names stands in the clear and passes for its
    label, so a patient's data is refused there. At least one matcher has to name something: a silence that takes
    everything would be a router that is switched off and does not say so (alertmanager#1558, #3492).

    Raises:
        SilenceError: they cannot be used.
    """
    given = [text.strip() for text in texts if text.strip()]
    if not given:
        raise SilenceError('A silence needs matchers, like alertname="DiskFull".')
    if len(given) > MATCHERS:
        raise SilenceError(f"A silence has at most {MATCHERS} matchers.")
    found = []
    for number, text in enumerate(given, 1):
        if looks_like_phi(text):
            raise SilenceError(
                f"Matcher {number} names something that looks like PHI, and what a silence names is kept in the clear;"
                " match on another label, or on the token that stands for it."
            )
        try:
            matcher = parse_matcher(text)
        except MatcherError as error:
            raise SilenceError(f"Matcher {number}: {error}") from None
        if any(map(looks_like_phi, (matcher.value, *(matcher.values or ())))):
            raise SilenceError(
                f"Matcher {number} on `{matcher.name}` names a value that looks like PHI, and what a silence names"
                " passes unchanged; match on another label, or on the token that stands for it."
            )
        found.append(matcher)
    if not any(_narrows(matcher) for matcher in found):
        raise SilenceError("These matchers take every alert: at least one has to name a value that a label has.")
    return tuple(found)


def _narrows(matcher: Matcher) -> bool:
    return not matcher.matches({}) and not matcher.matches({matcher.name: _NO_VALUE})


def check_span(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises SilenceError: the times cannot be those of a silence that is made now."""
    if ends_at <= starts_at or ends_at <= now:
        raise SilenceError("A silence ends after it begins, and not in the past.")
    if ends_at - starts_at > LONGEST:
        raise SilenceError(f"A silence lasts {LONGEST.days} days at most; route what is to be quiet for longer.")
    if starts_at - now > AHEAD:
        raise SilenceError(f"A silence begins within {AHEAD.days} days.")
