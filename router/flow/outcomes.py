"""What an attempt's outcome means: for its delivery, which is recorded, and for its destination's health. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime

from channels.contract import Delivered, Outcome, Rejected, Retry
from router.core.optin import Decision, Ground, Plaintext, Tokens
from router.core.retry import Again, Health, next_step, pause
from router.store.deliveries import Due, Record


def unsent(due: Due, state: str, reason: str, *, wait: float = 0.0) -> Record:
    """A claimed delivery that goes back for `wait` seconds, or needs no attempt."""
    return Record(
        incident_id=due.incident.incident_id,
        revision=due.revision,
        kind=due.kind,
        destination_id=due.destination_id,
        number=due.attempts,
        state=state,
        wait=wait,
        counted=False,
        uncertain=False,
        started_at=due.incident.last_alert_at,
        latency_ms=0.0,
        outcome="",
        reason=reason,
        status=None,
        policy="",
        mode="tokens",
        repeat=False,
        tripwire=0,
        remote_id=None,
        refs={},
        sent=False,
    )


def failed(due: Due, outcome: Retry | Rejected, now: datetime) -> Record:
    """An attempt that ended before anything could be sent."""
    return outcome_record(due, outcome, Tokens(Ground.NO_OPT_IN), now, 0.0, 0, now, digest=False)


def outcome_record(
    due: Due,
    outcome: Outcome,
    decision: Decision,
    started_at: datetime,
    latency: float,
    tripwire: int,
    now: datetime,
    *,
    digest: bool,
) -> Record:
    """What an attempt's outcome means for its delivery."""
    number = due.attempts + 1
    if isinstance(outcome, Delivered):
        return _delivered(due, outcome, decision, started_at, latency, tripwire, number, digest=digest)
    jitter = random.uniform(-1.0, 1.0)  # noqa: S311 - spreads retries, guards nothing
    step = next_step(outcome, due.tries + 1, due.first_tried_at or now, now, jitter, kind=due.kind)
    return Record(
        incident_id=due.incident.incident_id,
        revision=due.revision,
        kind=due.kind,
        destination_id=due.destination_id,
        number=number,
        state="pending" if isinstance(step, Again) else "dead",
        wait=max(0.0, (step.at - now).total_seconds()) if isinstance(step, Again) else 0.0,
        counted=not isinstance(outcome, Retry) or outcome.counts,
        uncertain=isinstance(outcome, Retry) and outcome.maybe_delivered,
        started_at=started_at,
        latency_ms=latency,
        outcome=_WORDS[type(outcome)],
        reason=outcome.reason.value,
        status=outcome.status,
        policy=decision.reason.value,
        mode="plaintext" if isinstance(decision, Plaintext) else "tokens",
        optin_id=decision.optin_id if isinstance(decision, Plaintext) else None,
        repeat=due.uncertain,
        tripwire=tripwire,
        remote_id=None,
        refs=dict(outcome.refs) if isinstance(outcome, Retry) else {},
        original=outcome,
    )


def _delivered(
    due: Due,
    outcome: Delivered,
    decision: Decision,
    started_at: datetime,
    latency: float,
    tripwire: int,
    number: int,
    *,
    digest: bool,
) -> Record:
    """The usual end: there is no step to think about."""
    return Record(
        incident_id=due.incident.incident_id,
        revision=due.revision,
        kind=due.kind,
        destination_id=due.destination_id,
        number=number,
        state="delivered",
        wait=0.0,
        counted=True,
        uncertain=False,
        started_at=started_at,
        latency_ms=latency,
        outcome="delivered",
        reason="delivered",
        status=outcome.status,
        policy=decision.reason.value,
        mode="plaintext" if isinstance(decision, Plaintext) else "tokens",
        optin_id=decision.optin_id if isinstance(decision, Plaintext) else None,
        repeat=due.uncertain,
        tripwire=tripwire,
        remote_id=outcome.remote_id,
        refs={**outcome.refs, "digest": "1"} if digest and outcome.refs else dict(outcome.refs),
        original=outcome,
    )


_WORDS: dict[type[Outcome], str] = {Retry: "retry", Rejected: "rejected"}


def assess(health: Health, failing: int, records: Sequence[Record], now: datetime) -> tuple[Health, int]:
    """The destination's health after some attempts, and how many deliveries have failed there since it began to."""
    outcomes = [each for each in records if each.original is not None]
    if not outcomes:
        return health, failing
    if any(isinstance(each.original, Delivered) for each in outcomes):
        return Health(), 0
    failing += sum(1 for each in outcomes if each.number == 1)
    for each in outcomes:
        if each.original is not None:
            health = pause(health, each.original, now, alone=failing <= 1)
    return health, failing
