"""Ways in and what becomes of alerts on them, over the API: sources with their keys, routes, safe words and patterns.

A key is in the answer to whoever asked for it and nowhere else: these operations keep no answer for an Idempotency-Key.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct

from router.flow import routes, source, tryout, words
from router.flow.hand import By
from router.flow.tryout import SampleRefused
from router.web.api import examples, problem
from router.web.api.acting import version_of
from router.web.api.operation import Call, Operation, of
from router.web.api.shapes import Made, Moment, Name, Pattern, Severity, Source

Text = Annotated[str, Meta(max_length=500)]
Sample = Annotated[str, Meta(min_length=1, max_length=tryout.LONGEST, description="Made up: nobody's data.")]
Span = Annotated[str, Meta(max_length=20, description="Like `30m` or `4h`, or `off` to wait for the tool's own word.")]


class SourceShown(Source):
    """One source and how it is doing. `alerts_last_day` is exact while `counted`, else at least so many.

    `old_key_until`: the key before the last rotation holds until then. `warning`: what will surprise somebody.
    """

    title: str
    settings: dict[str, str]
    signed: bool
    last_alert_at: Moment | None
    alerts_last_day: int
    counted: bool
    old_key_until: Moment | None
    warning: str


class SourceChange(Struct, forbid_unknown_fields=True):
    """A source as it should be, in the words of the configuration file; its name and its key stay.

    `signing_secret` is what its sender signs with: left out, the one there is stays; empty takes it away.
    """

    format: Annotated[str, Meta(max_length=40)]
    quiet_after: Span = "30m"
    mapping: dict[str, Text] = {}
    fields: dict[str, Text] = {}
    settings: dict[str, Text] = {}
    signing_secret: Annotated[str, Meta(max_length=1000)] | None = None


class NewSource(SourceChange, forbid_unknown_fields=True, kw_only=True):
    """A source to make; its key is made here."""

    name: Name


class SourceKey(Struct):
    """A source's new key, this once. `old_key_until`: the one before it holds until then, null when there is none."""

    id: UUID
    name: str
    format: str
    key: str
    old_key_until: Moment | None


class Rotation(Struct, forbid_unknown_fields=True):
    """How long the key that is replaced holds."""

    overlap_seconds: Annotated[int, Meta(ge=0, le=int(source.LONGEST_OVERLAP.total_seconds()))] = int(
        source.OVERLAP.total_seconds()
    )


class RouteLook(Struct):
    """What became of one route. `failed`: the first matcher that does not hold, null when all do.

    `reached` is false behind a route that matched and does not go on.
    """

    position: int
    matches: bool
    reached: bool
    failed: str | None
    channels: list[str]


class Trace(Struct):
    """Where an alert would go. `group`: the labels of its group key, null for the source's own.

    `silenced`: the silence that keeps the channels quiet about it now, '' for none.
    """

    routes: list[RouteLook]
    group: dict[str, str] | None
    channels: list[str]
    silenced: str


class TriedToken(Struct):
    """Why one token is there."""

    token: str
    type: str
    rule: str
    path: str


class TriedAlert(Struct):
    """One alert as it would be kept, with throw-away tokens, and where it would go."""

    signal: str
    severity: str
    title: str
    description: str
    labels: dict[str, str]
    details: dict[str, Any]
    tokens: list[TriedToken]
    goes: Trace


class TriedBody(Struct):
    """What a source would make of a body. Nothing was stored."""

    level: str
    alerts: list[TriedAlert]


class BodyTry(Struct, forbid_unknown_fields=True):
    """A body as the source's tool sends it."""

    body: Sample


class RouteEntry(Struct, forbid_unknown_fields=True):
    """A route: matchers that must all hold, the channels, what makes one incident, and whether later routes add."""

    channels: Annotated[list[Name], Meta(min_length=1, max_length=100)]
    matchers: Annotated[list[Annotated[str, Meta(max_length=4096)]], Meta(max_length=50)] = []
    group_by: Annotated[list[Annotated[str, Meta(max_length=128)]], Meta(max_length=50)] = []
    goes_on: bool = False


class RouteList(Struct, forbid_unknown_fields=True):
    """All routes in order."""

    routes: Annotated[list[RouteEntry], Meta(max_length=routes.MOST)]


class RoutesPut(Struct):
    """All routes in order; `warnings`: what will surprise somebody."""

    routes: list[RouteEntry]
    warnings: list[str]


class RouteTry(Struct, forbid_unknown_fields=True):
    """An alert that might come: its labels, tokenized as they would be."""

    labels: dict[Annotated[str, Meta(max_length=200)], Annotated[str, Meta(max_length=2000)]] = {}
    severity: Severity = "critical"
    source: Annotated[str, Meta(max_length=63)] = ""


class WordLists(Struct):
    """The tenant's own words. Safe words matter at level `strict` alone."""

    level: Literal["detect", "strict", "sealed"]
    patterns: list[Pattern]
    safe_words: list[str]


class WordsPut(Struct, forbid_unknown_fields=True):
    """Lists to put in place of those that are there; one that is left out stays."""

    patterns: Annotated[list[Pattern], Meta(max_length=200)] | None = None
    safe_words: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=10_000)] | None = None


class WordTry(Struct, forbid_unknown_fields=True):
    """A made-up text, and one pattern or safe word more to read it with."""

    sample: Sample
    pattern: Pattern | None = None
    safe_word: Annotated[str, Meta(max_length=64)] = ""


class Side(Struct):
    """A text as it is tokenized, with throw-away tokens."""

    text: str
    tokens: list[TriedToken]


class WordsTried(Struct):
    """The text as it is tokenized now, and with what was to be tried."""

    before: Side
    after: Side


def _by(call: Call) -> By:
    return By(call.caller.actor, request_id=call.request_id)


def _shown(found: source.Shown) -> SourceShown:
    quiet = found.quiet_after.total_seconds() if found.quiet_after is not None else None
    return of(
        SourceShown,
        found,
        id=found.source_id,
        quiet_after_seconds=quiet,
        alerts_last_day=found.alerts,
        mapping=dict(found.mapping),
        fields=dict(found.fields),
        settings=dict(found.settings),
    )


def _wish(asked: SourceChange, name: str) -> source.Wish:
    return source.Wish(
        name,
        asked.format,
        asked.quiet_after,
        asked.mapping,
        asked.fields,
        asked.settings,
        asked.signing_secret or "",
        no_signing=asked.signing_secret == "",
    )


def get_source(call: Call) -> SourceShown:
    """One source."""
    return _shown(source.one(call.runtime, call.tenant_id, call.path["source"]))


def add_source(call: Call) -> SourceKey:
    """Make a source."""
    return _key(source.create(call.runtime, call.tenant_id, _wish(call.body, call.body.name), _by(call)))


def change_source(call: Call) -> SourceShown:
    """Change a source."""
    source.change(call.runtime, call.tenant_id, call.path["source"], _wish(call.body, ""), _by(call))
    return get_source(call)


def rotate_source(call: Call) -> SourceKey:
    """Give it another key."""
    overlap = timedelta(seconds=call.body.overlap_seconds)
    return _key(source.rotate(call.runtime, call.tenant_id, call.path["source"], _by(call), overlap))


def end_old_key(call: Call) -> SourceShown:
    """End the key before the last rotation."""
    source.end_old_key(call.runtime, call.tenant_id, call.path["source"], _by(call))
    return get_source(call)


def pause_source(call: Call) -> SourceShown:
    """Refuse its alerts."""
    source.pause(call.runtime, call.tenant_id, call.path["source"], _by(call), paused=True)
    return get_source(call)


def resume_source(call: Call) -> SourceShown:
    """Let it go on."""
    source.pause(call.runtime, call.tenant_id, call.path["source"], _by(call), paused=False)
    return get_source(call)


def retire_source(call: Call) -> Made:
    """Take it out of use."""
    source.retire(call.runtime, call.tenant_id, call.path["source"], _by(call))
    return Made(call.path["source"])


def try_source(call: Call) -> TriedBody:
    """What it would make of a body."""
    try:
        tried = tryout.try_body(call.runtime, call.tenant_id, call.path["source"], call.body.body)
    except SampleRefused as error:
        raise problem.unfit(str(error)) from None
    return TriedBody(
        tried.level,
        [
            of(
                TriedAlert,
                each,
                labels=dict(each.labels),
                details=dict(each.details),
                tokens=_tokens(each.behind),
                goes=_trace(each.trace),
            )
            for each in tried.alerts
        ],
    )


def put_routes(call: Call) -> RoutesPut:
    """Make the routes these, unless somebody changed the configuration since it was read."""
    wanted = [routes.Entry(each.matchers, each.channels, each.group_by, each.goes_on) for each in call.body.routes]
    routes.put(call.runtime, call.tenant_id, wanted, _by(call), mark=None, version=version_of(call.match))
    found = routes.every(call.runtime, call.tenant_id)
    return RoutesPut([of(RouteEntry, each) for each in found.routes], list(found.warnings))


def try_routes(call: Call) -> Trace:
    """Where an alert with these labels would go."""
    asked = call.body
    return _trace(routes.try_out(call.runtime, call.tenant_id, asked.labels, asked.severity, asked.source))


def get_words(call: Call) -> WordLists:
    """Safe words and patterns."""
    found = words.every(call.runtime, call.tenant_id)
    patterns = [Pattern(each.type, each.regex) for each in found.patterns]
    return WordLists(found.level, patterns, list(found.safe_words))  # type: ignore[arg-type]  # the flow says str


def put_words(call: Call) -> WordLists:
    """Put lists in place."""
    asked = call.body
    words.put(
        call.runtime,
        call.tenant_id,
        _by(call),
        patterns=None if asked.patterns is None else [words.Pattern(each.type, each.regex) for each in asked.patterns],
        safe_words=asked.safe_words,
        version=version_of(call.match),
    )
    return get_words(call)


def try_words(call: Call) -> WordsTried:
    """A text before and after."""
    asked = call.body
    pattern = words.Pattern(asked.pattern.type, asked.pattern.regex) if asked.pattern else None
    try:
        tried = words.try_out(call.runtime, call.tenant_id, asked.sample, pattern=pattern, word=asked.safe_word)
    except SampleRefused as error:
        raise problem.unfit(str(error)) from None
    before, after = (Side(each.text, _tokens(each.behind)) for each in (tried.before, tried.after))
    return WordsTried(before, after)


def _key(made: source.Made) -> SourceKey:
    return of(SourceKey, made, id=made.source_id)


def _tokens(behind: tuple[tryout.Behind, ...]) -> list[TriedToken]:
    return [TriedToken(each.token, each.kind, each.why, each.path) for each in behind]


def _trace(found: routes.Tried) -> Trace:
    looks = [
        RouteLook(
            each.position,
            each.matches,
            each.reached,
            str(each.failed) if each.failed is not None else None,
            list(each.route.channels),
        )
        for each in found.looks
    ]
    return Trace(looks, dict(found.group) if found.group is not None else None, list(found.channels), found.silence)


_CHANGE: Final[dict[str, Any]] = {"format": "alertmanager", "quiet_after": "5h"}
_SOURCE: Final = SourceShown(
    examples.THING,
    "prod-alertmanager",
    "alertmanager",
    18000.0,
    None,
    {},
    {},
    "Alertmanager",
    {},
    signed=False,
    last_alert_at=examples.AT,
    alerts_last_day=412,
    counted=True,
    old_key_until=None,
    warning="",
)
_MADE: Final = SourceKey(
    examples.THING, "prod-alertmanager", "alertmanager", "64 hexadecimal digits, shown this once", examples.LATER
)
_TRACE: Final = Trace(
    [RouteLook(0, matches=True, reached=True, failed=None, channels=["oncall"])],
    {"service": "billing"},
    ["oncall"],
    "",
)
_TOKENS: Final = [
    TriedToken("<EMAIL_7K2M4QXW9R>", "EMAIL", "its shape, and its check digits where it has some", "title")
]
_TRIED: Final = TriedBody(
    "strict",
    [
        TriedAlert(
            "firing", "critical", "mail to <EMAIL_7K2M4QXW9R> bounced", "", {"service": "billing"}, {}, _TOKENS, _TRACE
        )
    ],
)
_ROUTE: Final = RouteEntry(["oncall"], ['severity="critical"'], ["service"])
_PATTERN: Final = Pattern("MEMBER_ID", r"ACM-\d{8}")
_WORDS: Final = WordLists("strict", [_PATTERN], ["istio"])


def _made(method: str, path: str, name: str, said: str, run: Any, answer: Any, example: Any, **more: Any) -> Operation:  # noqa: ANN401 - passed on
    given = {"deed": "configure", "tag": "configuration", **more}
    return Operation(
        method=method, path=path, name=name, summary=said, run=run, answer=answer, example=example, **given
    )


_ONE: Final = "/sources/{source}"

OPERATIONS: Final = (
    _made(
        "POST", "/sources", "add_source", "Make a source; its key is in this answer alone", add_source, SourceKey,
        _MADE, status=201, body=NewSource, body_example=NewSource(**_CHANGE, name="prod-alertmanager"),
    ),
    _made(
        "GET", _ONE, "get_source", "One source and how it is doing", get_source, SourceShown, _SOURCE, deed="see",
        tagged=True, refuses=(404,),
    ),
    _made(
        "PUT", _ONE, "change_source", "Change it; its name and its key stay", change_source, SourceShown, _SOURCE,
        body=SourceChange, body_example=SourceChange(**_CHANGE), refuses=(404,),
    ),
    _made(
        "DELETE", _ONE, "retire_source", "Take it out of use; its incidents stay", retire_source, Made, examples.made,
        refuses=(404,),
    ),
    _made(
        "POST", f"{_ONE}/key", "rotate_source", "Another key, in this answer alone; the one before holds for a while",
        rotate_source, SourceKey, _MADE, body=Rotation, body_example=Rotation(), refuses=(404,),
    ),
    _made(
        "POST", f"{_ONE}/end-old-key", "end_old_key", "End the key before the last rotation now", end_old_key,
        SourceShown, _SOURCE, refuses=(404,),
    ),
    _made(
        "POST", f"{_ONE}/pause", "pause_source", "Refuse its alerts; its quiet clock stands still", pause_source,
        SourceShown, _SOURCE, deed="operate", refuses=(404,),
    ),
    _made(
        "POST", f"{_ONE}/resume", "resume_source", "Let it go on", resume_source, SourceShown, _SOURCE, deed="operate",
        refuses=(404,),
    ),
    _made(
        "POST", f"{_ONE}/try", "try_source", "What it would make of a body, and where that would go", try_source,
        TriedBody, _TRIED, body=BodyTry, body_example=BodyTry('{"title": "mail to alex@example.test bounced"}'),
        refuses=(404,),
    ),
    _made(
        "PUT", "/routes", "put_routes", "All routes in order; needs If-Match with the ETag of the configuration",
        put_routes, RoutesPut, RoutesPut([_ROUTE], []), body=RouteList, body_example=RouteList([_ROUTE]), matched=True,
    ),
    _made(
        "POST", "/routes/try", "try_routes", "Where an alert with these labels would go, and why", try_routes, Trace,
        _TRACE, body=RouteTry, body_example=RouteTry({"service": "billing"}),
    ),
    _made(
        "GET", "/words", "get_words", "Safe words and patterns", get_words, WordLists, _WORDS, deed="see", tagged=True,
    ),
    _made(
        "PUT", "/words", "put_words", "Lists in place of these; needs If-Match with the ETag of the configuration",
        put_words, WordLists, _WORDS, body=WordsPut, body_example=WordsPut([_PATTERN], ["istio"]), matched=True,
    ),
    _made(
        "POST", "/words/try", "try_words", "A made-up text as it is tokenized now, and as it would be", try_words,
        WordsTried, WordsTried(Side("of <MEMBER_ID_3T8WQ0ZN5B>", []), Side("of <MEMBER_ID_8R5DK1YH2C>", [])),
        body=WordTry, body_example=WordTry("of ACM-12345678", _PATTERN),
    ),
)  # fmt: skip
"""What is done with sources, routes and words."""
