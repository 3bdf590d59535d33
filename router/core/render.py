"""An incident becomes a Message: the only place where text is declared safe to leave, and always in the same words.

The summary's grammar is stable, `[CRITICAL] source: title (INC-1A2B3C4D)`, because people's mail rules and PagerDuty's
event orchestration take it apart. It is always tokens, like the reason and the links; title, description and fields are
the only places where plaintext that a decision allowed can stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from channels.contract import DigestLine, Kind, Message, Mode, SafeText, Severity
from channels.text import TOKEN, clip, one_line
from router.core.alert import RANK
from router.core.incident import Incident, short_id

MAX_FIELDS: Final = 24
MAX_NAME: Final = 80
MAX_VALUE: Final = 500
MAX_TITLE: Final = 180
"""Characters of a title in a summary, so that the incident's short id still fits after it in a mail subject."""

_SAMPLE_TOKEN: Final = "<EMAIL_TESTTEST00>"  # noqa: S105 - the shape of a token; it stands for nothing


def flatten(labels: Mapping[str, str], details: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Labels and then details as (name, value), in their order: what a message shows of them.

    A nested value is named by its dotted path; a list of scalars is one value. Empty values are left out; at most
    MAX_FIELDS are kept, each within MAX_NAME and MAX_VALUE characters, never cut inside a token.
    """
    fields = []
    for name, value in islice(_leaves(labels, details), MAX_FIELDS):
        short = len(name) <= MAX_NAME and len(value) <= MAX_VALUE
        fields.append((name, value) if short else (clip(name, MAX_NAME), clip(value, MAX_VALUE)))
    return tuple(fields)


def _leaves(labels: Mapping[str, str], details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in labels.items():
        if value:
            yield name, value
    waiting: list[Iterator[tuple[str, Any]]] = [iter(details.items())]
    while waiting:
        for name, value in waiting[-1]:
            if type(value) is str:
                text = value
            elif isinstance(value, dict):
                waiting.append(_under(name, value.items()))
                break
            elif isinstance(value, list):
                if any(isinstance(each, (dict, list)) for each in value):
                    waiting.append(_under(name, enumerate(value)))
                    break
                text = ", ".join(filter(None, map(_text, value[:MAX_VALUE])))
            else:
                text = _text(value)
            if text:
                yield name, text
        else:
            waiting.pop()


def _under(name: str, items: Iterable[tuple[object, Any]]) -> Iterator[tuple[str, Any]]:
    return ((f"{name}.{inner}", value) for inner, value in items)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def message(  # noqa: PLR0913 - each is a fact of its own that the sender knows
    incident: Incident,
    *,
    kind: Kind,
    key: str,
    why: str,
    mode: Mode,
    tenant: str,
    url: str,
    refs: Mapping[str, str],
    repeat: bool,
    with_trigger: bool,
    quiet_after: timedelta | None,
    values: Mapping[str, str] | None = None,
) -> Message:
    """What one channel is told of `incident` as it stands.

    `why` is the Why of the revision, `tenant` the slug, `url` the incident's page (empty: there is none), `quiet_after`
    the quiet time of its source. `values` are the plaintexts of the tokens that a committed grant opened; they are used
    only when `mode` is plaintext, and a token without one stays a token.
    """
    opened = values if mode == "plaintext" and values else {}
    return Message(
        kind=kind,
        key=key,
        incident_id=str(incident.incident_id),
        short_id=incident.short_id,
        revision=incident.revision,
        status=incident.status,
        severity=incident.severity,
        summary=_summary("RESOLVED" if kind == "resolve" else incident.severity.upper(), incident),
        title=_opened(incident.title, opened),
        description=_opened(incident.description, opened),
        reason=_reason(incident, kind, why, quiet_after),
        source=incident.source,
        tenant=tenant,
        fields=tuple((_opened(name, opened), _opened(value, opened)) for name, value in incident.fields),
        url=url,
        count=incident.count,
        first_seen=incident.opened_at,
        last_seen=incident.last_alert_at,
        mode=mode,
        repeat=repeat,
        with_trigger=with_trigger,
        refs=refs,
        links=tuple((text, address(link)) for text, link in incident.links if link.startswith("https://")),
    )


def digest(incidents: Sequence[Incident], *, key: str, tenant: str, url: str, page: Callable[[UUID], str]) -> Message:
    """One message for many incidents of a channel that is behind; always tokens.

    `url` leads to their list, `page` gives the address of one. It takes the identity of the first.

    Raises:
        ValueError: there are no incidents.
    """
    if not incidents:
        raise ValueError("a digest needs incidents")
    first = incidents[0]
    living = [incident for incident in incidents if incident.status != "resolved"]
    worst = max((incident.severity for incident in living or incidents), key=RANK.__getitem__)
    counted = _counted(incidents)
    title = SafeText(f"{len(incidents)} incidents: {counted}")
    return Message(
        kind="update",
        key=key,
        incident_id=str(first.incident_id),
        short_id=first.short_id,
        revision=first.revision,
        status="open" if living else "resolved",
        severity=worst,
        summary=SafeText(f"[DIGEST] {tenant}: {title}"),
        title=title,
        description=SafeText("More came in than this channel takes one by one, so they are told together."),
        reason=SafeText("many at once: bundled into one message"),
        source="several sources" if len({incident.source for incident in incidents}) > 1 else first.source,
        tenant=tenant,
        fields=(),
        url=url,
        count=sum(incident.count for incident in incidents),
        first_seen=min(incident.opened_at for incident in incidents),
        last_seen=max(incident.last_alert_at for incident in incidents),
        digest=tuple(
            DigestLine(
                short_id=incident.short_id,
                severity=incident.severity,
                status=incident.status,
                title=SafeText(clip(one_line(incident.title), MAX_TITLE)),
                url=page(incident.incident_id),
            )
            for incident in incidents
        ),
    )


def test(*, incident_id: UUID, key: str, tenant: str, channel: str, url: str, now: datetime) -> Message:
    """A message that says of itself that it is a test. Its content is made up; its token shows that tokens survive."""
    title = SafeText("TEST: nothing is broken")
    return Message(
        kind="test",
        key=key,
        incident_id=str(incident_id),
        short_id=short_id(incident_id),
        revision=1,
        status="open",
        severity="info",
        summary=SafeText(f"[TEST] alertveil: {title} ({short_id(incident_id)})"),
        title=title,
        description=SafeText(
            f"Somebody tests whether messages of {tenant} reach the channel {channel}. Private values look like"
            f" {_SAMPLE_TOKEN}. Nothing needs to be done."
        ),
        reason=SafeText("sent by hand as a test"),
        source="alertveil",
        tenant=tenant,
        fields=(("channel", SafeText(channel)), ("sample", SafeText(_SAMPLE_TOKEN))),
        url=url,
        count=1,
        first_seen=now,
        last_seen=now,
    )


def address(link: str) -> str:
    """A link as a URL may be written (RFC 3986): what may not stand in one, like the brackets of a token, is escaped.

    A vendor refuses the whole message for a button that leads to no URL, and programs that make links of the addresses
    in a text end one at its first bracket, which would cut the token.
    """
    return quote(link, safe="%:/?#[]@!$&'()*+,;=~", errors="replace")


def spoken(span: timedelta) -> str:
    """A span of time as a person says it: `30 minutes`, `1 hour`, `90 seconds`."""
    seconds = int(span.total_seconds())
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {word}{'s' if seconds != size else ''}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"


def _summary(word: str, incident: Incident) -> SafeText:
    title = clip(one_line(incident.title), MAX_TITLE)
    return SafeText(f"[{word}] {incident.source}: {title} ({incident.short_id})")


def _reason(incident: Incident, kind: Kind, why: str, quiet_after: timedelta | None) -> SafeText:
    if kind == "resolve" and incident.ended_by == "quiet":
        span = spoken(quiet_after) if quiet_after else "its quiet time"
        return SafeText(f"auto-resolved: no alert for {span}; it went quiet, nobody said that it is fixed")
    return SafeText(why)


def _opened(text: str, values: Mapping[str, str]) -> SafeText:
    if not values:
        return SafeText(text)
    return SafeText(TOKEN.sub(lambda token: values.get(token[0], token[0]), text))


def _counted(incidents: Sequence[Incident]) -> str:
    """`2 critical, 1 warning, 3 resolved`."""
    words: Counter[Severity | str] = Counter(
        "resolved" if incident.status == "resolved" else incident.severity for incident in incidents
    )
    order = [*sorted(RANK, key=RANK.__getitem__, reverse=True), "resolved"]
    return ", ".join(f"{words[word]} {word}" for word in order if words[word])
