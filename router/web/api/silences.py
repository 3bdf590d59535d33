"""Silences over the API: who holds what quiet until when, what a new one would take, and ending one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct

from router.core.silence import LONGEST, MATCHERS
from router.flow import silence
from router.web.api import examples, problem
from router.web.api.operation import Call, Operation, Page, Paging, cut, of, place
from router.web.api.operation import cursor as cursor_of

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

Matcher = Annotated[str, Meta(min_length=1, max_length=4096, description='Like `alertname="DiskFull"`.')]
Matchers = Annotated[list[Matcher], Meta(min_length=1, max_length=MATCHERS)]
Moment = Annotated[datetime, Meta(tz=True)]


class SilenceQuery(Paging, forbid_unknown_fields=True):
    """Which silences; `over`: those that are over, too."""

    over: bool = False


class Silence(Struct):
    """A silence. `told`: incidents that were told of when it was over, since they lasted."""

    id: UUID
    short_id: str
    state: Literal["pending", "active", "expired"]
    matchers: list[str]
    starts_at: Moment
    ends_at: Moment
    reason: str
    created_by: str
    created_at: Moment
    ended_by: str
    told: int


class NewSilence(Struct, forbid_unknown_fields=True):
    """What is to be quiet. It begins now when `starts_at` is null; `lasts_seconds` or `ends_at` says its end."""

    matchers: Matchers
    reason: Annotated[str, Meta(min_length=1, max_length=2000, description="Tokenized before it is kept.")]
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    lasts_seconds: Annotated[int, Meta(ge=1, le=int(LONGEST.total_seconds()))] | None = None


class SilenceTry(Struct, forbid_unknown_fields=True):
    """Matchers to try."""

    matchers: Matchers


class Taken(Struct):
    """An incident that a silence would keep quiet: as it stands (`whole`), or `alerts` of its newest ones."""

    id: UUID
    short_id: str
    title: str
    status: str
    severity: str
    source: str
    whole: bool
    alerts: int
    last_alert_at: Moment


class SilenceTried(Struct):
    """What it would take, of how many incidents and alerts it was tried on. Nothing was changed."""

    matchers: list[str]
    open: list[Taken]
    recent: list[Taken]
    alerts: int
    incidents_looked_at: int
    alerts_looked_at: int


def _say(shown: silence.Shown) -> Silence:
    return of(Silence, shown, id=shown.silence_id)


def every(call: Call) -> Page[Silence]:
    """Silences, the newest first."""
    last = place(call.query.cursor, UUID)
    found = silence.page(
        call.runtime,
        call.tenant_id,
        over=call.query.over,
        before=last[0] if last else None,
        most=call.query.limit + 1,
    )
    return cut(found, call.query.limit, _say, lambda row: (row.silence_id,))


def one(call: Call) -> Silence:
    """One silence."""
    return _say(silence.one(call.runtime, call.tenant_id, call.path["silence"]))


def add(call: Call) -> Silence:
    """Make a silence."""
    asked = call.body
    if (asked.ends_at is None) == (asked.lasts_seconds is None):
        raise problem.unfit("Say either `ends_at` or `lasts_seconds`.")
    for each in (asked.starts_at, asked.ends_at):
        if each is not None and not _FIRST <= each < _LAST:
            raise problem.unfit("A time lies between the years 2000 and 2200.")
    lasts = timedelta(seconds=asked.lasts_seconds) if asked.lasts_seconds else None
    wish = silence.Wish(asked.matchers, asked.reason, asked.starts_at, asked.ends_at, lasts)
    return _say(silence.create(call.runtime, call.tenant_id, wish, actor=call.caller.actor))


def expire(call: Call) -> Silence:
    """End a silence now."""
    return _say(silence.expire(call.runtime, call.tenant_id, call.path["silence"], actor=call.caller.actor))


def try_out(call: Call) -> SilenceTried:
    """What a silence would take."""
    tried = silence.try_out(call.runtime, call.tenant_id, call.body.matchers)
    return SilenceTried(
        list(tried.matchers),
        [of(Taken, each, id=each.incident_id) for each in tried.open],
        [of(Taken, each, id=each.incident_id) for each in tried.recent],
        tried.alerts,
        *tried.looked_at,
    )


_EXAMPLE: Final = Silence(
    examples.THING,
    "SIL-6C8E8D90",
    "active",
    ['alertname="DiskFull"', 'service="archive"'],
    examples.AT,
    examples.AT + timedelta(hours=2),
    "the archive is moved",
    "nina@acme.example",
    examples.AT,
    "",
    0,
)
_NEW: Final = NewSilence(['alertname="DiskFull"', 'service="archive"'], "the archive is moved", lasts_seconds=7200)
_TAKEN: Final = Taken(
    examples.INCIDENT,
    "INC-5D8E7F30",
    "Disk full",
    "open",
    "error",
    "app",
    whole=True,
    alerts=3,
    last_alert_at=examples.AT,
)


def _operation(method: str, path: str, name: str, summary: str, run: Any, answer: Any, **more: Any) -> Operation:  # noqa: ANN401 - passed on
    given = {"deed": "silence", "example": _EXAMPLE, **more}
    return Operation(
        method=method, path=path, name=name, tag="silences", summary=summary, run=run, answer=answer, **given
    )


OPERATIONS: Final = (
    _operation(
        "GET", "/silences", "list_silences", "Silences, the newest first", every, Page[Silence], deed="see",
        query=SilenceQuery, example=Page([_EXAMPLE], cursor_of("the last line's key")),
    ),
    _operation(
        "POST", "/silences", "add_silence", "Keep channels quiet about what matches, for a while", add, Silence,
        status=201, body=NewSilence, body_example=_NEW, once=True,
    ),
    _operation(
        "POST", "/silences/try", "try_silence", "What a silence would take of what is open and came lately", try_out,
        SilenceTried, example=SilenceTried(list(_NEW.matchers), [_TAKEN], [], 3, 40, 160), body=SilenceTry,
        body_example=SilenceTry(list(_NEW.matchers)),
    ),
    _operation(
        "GET", "/silences/{silence}", "get_silence", "One silence", one, Silence, deed="see", tagged=True,
        refuses=(404,),
    ),
    _operation(
        "POST", "/silences/{silence}/expire", "expire_silence", "End it now; what lasts is told within seconds",
        expire, Silence, once=True, refuses=(404,),
    ),
)  # fmt: skip
"""What is done with silences."""
