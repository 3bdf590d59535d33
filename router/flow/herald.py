"""What people must hear about opt-ins and agreements: an incident in their channels, and mail to the privacy officers.

The incident is written in the transaction of what it tells of, so it is neither lost nor told of something that did not
happen. Mail goes out afterwards, through the relay of ALERTVEIL_SMTP_* when there is one, once and without a retry: the
incident is what lasts.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from channels.contract import Delivered, Message, SafeText, Severity
from router.core.ident import time_ordered
from router.core.incident import short_id
from router.core.optin import BREAK_GLASS
from router.flow import notice
from router.runtime import Runtime
from router.store import config, users
from router.store.session import Row, Session

log = logging.getLogger(__name__)

SOURCE: Final = notice.SOURCE


@dataclass(frozen=True, slots=True)
class Word:
    """One thing to tell. Its texts are ours: names of channels and vendors, days, sentences; nobody's data.

    `topic` names the incident that it opens, goes on with, or ends when it is not `firing`. `wakes`: channels that page
    people hear it too. `mail`: the privacy officers get it as mail, with a link to `path` of the pages.
    """

    topic: tuple[str, ...]
    severity: Severity
    title: str
    description: str
    labels: dict[str, str] = field(default_factory=dict)
    firing: bool = True
    wakes: bool = False
    mail: bool = True
    shown: bool = True
    path: str = ""


def put(runtime: Runtime, session: Session, tenant_id: UUID, words: Iterable[Word]) -> set[tuple[UUID, UUID]]:
    """Write what there is to tell into the caller's transaction; returns the lanes to ring for after its commit."""
    lanes: set[tuple[UUID, UUID]] = set()
    for word in (each for each in words if each.shown):
        lanes |= notice.policy_in(
            runtime,
            session,
            tenant_id,
            word.topic,
            severity=word.severity,
            title=word.title,
            description=word.description,
            labels=word.labels,
            firing=word.firing,
            wakes=word.wakes,
        )
    return lanes


def mail(runtime: Runtime, tenant_id: UUID, words: Sequence[Word], *, also: Sequence[str] = ()) -> int:
    """Mail it to the tenant's privacy officers and `also` to these, if a relay is configured; how many were taken.

    No transaction may be open. A relay that fails is logged and not tried again.
    """
    said = [word for word in words if word.mail and word.firing]
    if not said or not runtime.smtp.get("host"):
        return 0
    with runtime.database.tenant(tenant_id) as session:
        officers = [row.email for row in users.with_role(session, "privacy_officer")]
        tenant = config.tenant(session)
    to = list(dict.fromkeys([*officers, *also]))
    if not to or tenant is None:
        return 0
    return post(runtime, to, [_message(runtime, tenant.slug, word) for word in said])


def post(runtime: Runtime, to: Sequence[str], messages: Sequence[Message]) -> int:
    """Send finished messages through the installation's own relay; returns how many it took."""
    from channels import email  # noqa: PLC0415 - most processes never send mail of their own

    try:
        sender = email.SPEC.open(_relay(runtime.smtp, to), _login(runtime.smtp), runtime.kit)
    except (ValueError, TypeError):
        log.error("mail not sent: ALERTVEIL_SMTP_* cannot be used")
        return 0
    outcomes = sender.send(messages)
    failed = [each.reason.value for each in outcomes if not isinstance(each, Delivered)]
    if failed:
        log.warning("mail not taken", extra={"reason": failed[0], "count": len(failed)})
    return len(outcomes) - len(failed)


def _relay(smtp: Mapping[str, str], to: Sequence[str]) -> Any:  # noqa: ANN401 - channels.email's configuration
    import msgspec  # noqa: PLC0415 - see post

    from channels.email import EmailConfig  # noqa: PLC0415 - see post

    sender = smtp.get("from") or f"alertveil@{smtp['host']}"
    relay = {"host": smtp["host"], "port": int(smtp.get("port") or 587), "tls": smtp.get("tls") or "starttls"}
    return msgspec.convert({"to": list(to), "from": sender, "smtp": relay}, EmailConfig)


def _login(smtp: Mapping[str, str]) -> dict[str, str]:
    given = {"smtp_username": smtp.get("username", ""), "smtp_password": smtp.get("password", "")}
    return {name: value for name, value in given.items() if value}


def _message(runtime: Runtime, slug: str, word: Word) -> Message:
    now = datetime.now(UTC)
    made = time_ordered(time.time_ns() // 1_000_000, os.urandom(10))
    return Message(
        kind="trigger",
        key=f"policy-{made.hex}",
        incident_id=str(made),
        short_id=short_id(made),
        revision=1,
        status="open",
        severity=word.severity,
        summary=SafeText(f"[{word.severity.upper()}] {SOURCE}: {word.title} ({slug})"),
        title=SafeText(word.title),
        description=SafeText(word.description),
        reason=SafeText("for the privacy officers"),
        source=SOURCE,
        tenant=slug,
        fields=tuple((name, SafeText(value)) for name, value in word.labels.items()),
        url=runtime.public_url and runtime.public_url + word.path,
        count=1,
        first_seen=now,
        last_seen=now,
    )


# --- the words themselves -----------------------------------------------------------------------------------------


def broken_glass(row: Row) -> Word:
    """Somebody opened a channel alone."""
    minutes = int(BREAK_GLASS.total_seconds()) // 60
    return Word(
        ("break-glass opt-in", str(row.optin_id)),
        "critical",
        f"Glass broken: channel {row.channel} gets plaintext for up to {minutes} minutes",
        f"{row.requested_by} did it alone, for {', '.join(row.types)}. It ends by itself and stands in the next review;"
        f" `alertveil optins revoke {row.optin_id}` or the kill switch ends it now.",
        _labels(row),
        wakes=True,
    )


def single_custody(row: Row) -> Word:
    """Both roles came through one host identity."""
    return Word(
        ("single-custody opt-in", str(row.optin_id)),
        "warning",
        f"Single custody: one host asked for and approved plaintext for channel {row.channel}",
        f"{row.requested_by} asked and {row.approved_by} approved, both through {row.approved_via}. Was it two people? "
        f"It stands as an exception in every review; `alertveil optins revoke {row.optin_id}` ends it.",
        _labels(row),
        shown=False,
    )


def expiring(row: Row, days: int) -> Word:
    """The end is near."""
    return Word(
        ("opt-in", str(row.optin_id)),
        _pressing(days, 3, 1),
        f"Channel {row.channel} gets tokens only again in {_days(days)}",
        f"Its opt-in for {', '.join(row.types)} ends then. Whoever still needs the values asks for a new one: it takes "
        "another person's approval.",
        _labels(row),
    )


def suspended(row: Row, why: str) -> Word:
    """It ended before its time, by itself or by a review."""
    return Word(
        ("suspended opt-in", str(row.optin_id)),
        "error",
        f"Channel {row.channel} gets tokens only: its opt-in is suspended",
        f"Because {why}. Nothing is lost: the same alerts arrive with tokens. A suspended opt-in does not come back; "
        "when all is well again, somebody asks for a new one.",
        _labels(row) | {"reason": why},
    )


def unusual_reveals(user_id: UUID, what: str) -> Word:
    """Somebody reveals more than they usually do; `what` is the sentence of `core.reveal.unusual`.

    The person is named by id alone: it goes to every channel, and may be nothing but a busy night.
    """
    return Word(
        ("unusual reveals", str(user_id)),
        "warning",
        f"Unusual reveals by one user: {what}",
        f"See what was revealed, and why, with `alertveil audit disclosures --user {user_id}`. Disable the account if "
        "somebody else uses it.",
        {"user": str(user_id)},
    )


def broken_chain(kind: str, seq: int | None, *, signing: bool) -> Word:
    """A tenant's audit log is not what was chained and signed: somebody changed it, or an old backup was put back.

    `signing`: it is behind what was signed, so what comes is signed on.
    """
    stopped = "" if signing else "Nothing is signed until somebody has looked. "
    where = "" if seq is None else f" at row {seq}"
    return Word(
        ("audit chain",),
        "critical",
        f"The audit log does not hold{where}: {kind}",
        f"{stopped}Keep the database as it is, run `alertveil audit verify`, and compare with the checkpoints that "
        "were written outside the database.",
        {"kind": kind},
        wakes=True,
    )


def over(row: Row) -> list[Word]:
    """Nothing is left to be told of it: its incidents end."""
    return [
        Word((topic, str(row.optin_id)), "info", f"The opt-in of channel {row.channel} is over", "", firing=False)
        for topic in ("opt-in", "suspended opt-in", "break-glass opt-in")
    ]


def reminder(row: Row, days: int) -> Word:
    """An agreement ends soon."""
    falls = ", ".join(row.falls_back)
    return Word(
        ("agreement", str(row.baa_id)),
        _pressing(days, 30, 7),
        f"The agreement with {row.vendor} for {row.service} ends in {_days(days)}",
        (f"These channels get tokens only from then on: {falls}. " if falls else "No channel relies on it now. ")
        + "File the renewed one with `alertveil baas add`, and ask for opt-ins under it.",
        {"vendor": row.vendor, "service": row.service},
    )


def lapsed(row: Row) -> Word:
    """An agreement ended."""
    return Word(
        ("agreement", str(row.baa_id)),
        "error",
        f"The agreement with {row.vendor} for {row.service} has ended",
        "No channel gets plaintext under it any more.",
        {"vendor": row.vendor, "service": row.service},
    )


def _labels(row: Row) -> dict[str, str]:
    return {"channel": row.channel, "vendor": row.vendor, "optin": str(row.optin_id)}


def _pressing(days: int, presses: int, last: int) -> Severity:
    """Each notice of an incident is graver than the one before: only then do channels hear of it again."""
    return "info" if days > presses else "warning" if days > last else "error"


def _days(days: int) -> str:
    return f"{days} day{'s' if days != 1 else ''}"
