"""Channels as things that a program keeps: made, read back whole without secrets, changed by revision, taken away.

The id stays when the name changes, and every address takes either. What a kind is set by is told by the kind itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct

from channels.registry import CHANNELS
from router.core import form
from router.flow import channel
from router.flow.channel import By, Wish
from router.web.api import examples
from router.web.api.operation import Call, Operation, Page, Paging, after, cursor, cut, of, place
from router.web.api.problem import Problem
from router.web.api.shapes import Name

Secret = Annotated[str, Meta(max_length=form.LONGEST_SECRET)]
Settings = Annotated[dict[str, Any], Meta(description="By the names that `GET /channel-kinds` tells, nested as there.")]

_MOST_SECRETS: Final = 20


class KindField(Struct):
    """One setting or credential of a kind. `name` has a dot for each mapping it is in. `sort` `lines` is a list."""

    name: str
    title: str
    help: str
    sort: Literal["text", "lines", "number", "choice", "tick", "secret"]
    required: bool
    default: str
    choices: list[str]


class ChannelKind(Struct):
    """A kind of channel, and what it is set by."""

    kind: str
    title: str
    about: str
    fields: list[KindField]


class NewChannel(Struct, forbid_unknown_fields=True):
    """A channel to make. It gets tokens, and nothing until a route leads to it."""

    name: Name
    kind: Annotated[str, Meta(max_length=30)]
    settings: Settings
    secrets: Annotated[dict[str, Secret], Meta(max_length=_MOST_SECRETS)] = {}


class ChannelChange(Struct, forbid_unknown_fields=True):
    """A channel as it should be. `settings` replace all; a credential that is left out stays, null takes it away."""

    name: Name
    settings: Settings
    secrets: Annotated[dict[str, Secret | None], Meta(max_length=_MOST_SECRETS)] = {}


class ChannelCredential(Struct):
    """A credential: whether it is there and whose hand that was, never what it is."""

    name: str
    required: bool
    held: bool
    set_at: datetime | None
    set_by: str


class ChannelSettings(Struct):
    """A channel as it is set. `revision` is the ETag without its `"v…"`; `file`: does a configuration file keep it."""

    id: UUID
    revision: int
    name: str
    kind: str
    vendor: str
    settings: dict[str, Any]
    credentials: list[ChannelCredential]
    routes: list[int]
    file: Literal["none", "keeps", "drops"]


class FieldChange(Struct):
    """What differs in one field. Of a credential only what was done to it; of an address with a key its host."""

    field: str
    was: str
    now: str
    secret: bool


class SuspendedOptIn(Struct):
    """An opt-in that the change suspends."""

    id: UUID
    types: list[str]
    ends_at: datetime
    why: str


class ChannelPlan(Struct):
    """What a change would do. `moves`: to another destination. `waits`: requests for plaintext that no longer fit."""

    changes: list[FieldChange]
    suspends: list[SuspendedOptIn]
    waits: int
    moves: bool


class ChannelEvent(Struct):
    """A line of a channel's history. `version` is the tenant's configuration version that it made."""

    version: int
    at: datetime
    actor: str
    via: Literal["file", "page", "api", "command"]
    what: Literal["add", "change", "pause", "resume", "remove"]
    name: str
    reason: str
    changes: list[FieldChange]


class ChannelRemoved(Struct):
    """The channel is out of use; what it told is still told its end."""

    id: UUID


def kinds(call: Call) -> Page[ChannelKind]:
    """Kinds by name."""

    def line(kind: str) -> ChannelKind:
        spec = CHANNELS[kind]
        fields = [of(KindField, each) for each in form.fields(spec)]
        return ChannelKind(spec.kind, spec.title, spec.about, fields)

    return after(list(CHANNELS), call, line, str)


def settings(call: Call) -> ChannelSettings:
    """One channel as it is set."""
    return _settings(call, _id(call))


def create(call: Call) -> ChannelSettings:
    """Make a channel."""
    wish = Wish(call.body.name, call.body.settings, call.body.secrets)
    return _settings(call, channel.create(call.runtime, _by(call), call.body.kind, wish))


def plan(call: Call) -> ChannelPlan:
    """What a change would do."""
    found = channel.plan(call.runtime, _by(call), _id(call), _wish(call))
    return ChannelPlan(
        _changes(found.changes),
        [of(SuspendedOptIn, each, id=each.optin_id) for each in found.suspends],
        found.waits,
        found.moves,
    )


def change(call: Call) -> ChannelSettings:
    """Change a channel that is of the revision which was read."""
    channel_id = _id(call)
    channel.change(call.runtime, _by(call), channel_id, _wish(call), _revision(call.match))
    return _settings(call, channel_id)


def remove(call: Call) -> ChannelRemoved:
    """Take a channel that is of the revision which was read out of use."""
    channel_id = _id(call)
    channel.remove(call.runtime, _by(call), channel_id, _revision(call.match))
    return ChannelRemoved(channel_id)


def history(call: Call) -> Page[ChannelEvent]:
    """What was changed, the newest first."""
    last = place(call.query.cursor, int)
    found = channel.history(
        call.runtime, call.tenant_id, _id(call), before=last[0] if last else None, most=call.query.limit + 1
    )
    return cut(
        found,
        call.query.limit,
        lambda each: of(ChannelEvent, each, changes=_changes(each.changes)),
        lambda each: (each.version,),
    )


def _settings(call: Call, channel_id: UUID) -> ChannelSettings:
    found = channel.look(call.runtime, call.tenant_id, channel_id)
    return of(
        ChannelSettings,
        found,
        id=channel_id,
        settings=dict(found.settings),
        credentials=[of(ChannelCredential, each) for each in found.credentials],
        routes=[position for position, _ in found.routes],
        file=found.keeper.state,
    )


def _changes(changes: Any) -> list[FieldChange]:  # noqa: ANN401 - some core.form.Change
    return [of(FieldChange, each) for each in changes]


def _id(call: Call) -> UUID:
    return channel.found(call.runtime, call.tenant_id, call.path["channel"])


def _by(call: Call) -> By:
    return By(call.tenant_id, call.caller.actor, call.caller.roles, "api", request_id=call.request_id)


def _wish(call: Call) -> Wish:
    given = call.body.secrets
    kept = {name: secret for name, secret in given.items() if secret is not None}
    return Wish(call.body.name, call.body.settings, kept, [name for name, secret in given.items() if secret is None])


def _revision(match: str) -> int:
    """The revision that an If-Match names. Raises Problem: none that a channel could be of."""
    text = match.strip().strip('"').removeprefix("v")
    if not text.isascii() or not text.isdigit() or len(text) > len(str(2**31)):
        raise Problem(
            412, "changed", "It was changed meanwhile", 'If-Match takes the ETag of the channel\'s settings, as "v3".'
        )
    return int(text)


_HOW: Final = {"channel": "C0123456789"}
_EXAMPLE: Final = ChannelSettings(
    examples.THING,
    3,
    "oncall",
    "slack",
    "slack",
    {**_HOW, "base_url": "https://slack.com/api/", "vendor": "slack"},
    [ChannelCredential("token", required=True, held=True, set_at=examples.AT, set_by="olga@acme.example")],
    [0, 2],
    "none",
)
_CHANGED: Final = [
    FieldChange("channel", "C0123456789", "C9876543210", secret=False),
    FieldChange("token", "set", "replaced", secret=True),
]
_CHANGE: Final = ChannelChange("oncall", {"channel": "C9876543210"}, {"token": "xoxb-…"})
_KIND: Final = ChannelKind(
    "slack",
    "Slack",
    "One message an incident in a channel.",
    [KindField("channel", "Channel id", "C… or G…, not the name", "text", required=True, default="", choices=[])],
)
_EVENT: Final = ChannelEvent(12, examples.AT, "olga@acme.example", "page", "change", "oncall", "", _CHANGED)

_ONE: Final = "/channels/{channel}"

OPERATIONS: Final = (
    Operation(
        method="GET", path="/channel-kinds", name="list_channel_kinds", tag="channels", deed="see", run=kinds,
        summary="Kinds of channels and what each is set by", query=Paging, answer=Page[ChannelKind],
        example=Page([_KIND], cursor("slack")),
    ),
    Operation(
        method="POST", path="/channels", name="create_channel", tag="channels", deed="configure", run=create,
        summary="Make a channel", answer=ChannelSettings, example=_EXAMPLE, status=201, body=NewChannel,
        body_example=NewChannel("oncall", "slack", _HOW, {"token": "xoxb-…"}), once=True,
    ),
    Operation(
        method="GET", path=f"{_ONE}/settings", name="get_channel_settings", tag="channels", deed="configure",
        run=settings, summary="A channel as it is set, without its secrets", answer=ChannelSettings, example=_EXAMPLE,
        tagged=True, version=lambda found: f'"v{found.revision}"', refuses=(404, 422),
    ),
    Operation(
        method="POST", path=f"{_ONE}/plan", name="plan_channel", tag="channels", deed="configure", run=plan,
        summary="What a change would do: which fields differ, which opt-ins it suspends", answer=ChannelPlan,
        example=ChannelPlan(
            _CHANGED,
            [SuspendedOptIn(examples.THING, ["EMAIL"], examples.LATER, "the channel's destination was changed")],
            0,
            moves=True,
        ),
        body=ChannelChange, body_example=_CHANGE, refuses=(404, 412),
    ),
    Operation(
        method="PUT", path=_ONE, name="change_channel", tag="channels", deed="configure", run=change,
        summary="Change a channel; needs If-Match with the ETag of its settings", answer=ChannelSettings,
        example=_EXAMPLE, body=ChannelChange, body_example=_CHANGE, matched=True, refuses=(404, 409),
    ),
    Operation(
        method="DELETE", path=_ONE, name="remove_channel", tag="channels", deed="configure", run=remove,
        summary="Take a channel out of use; needs If-Match with the ETag of its settings",
        answer=ChannelRemoved, example=ChannelRemoved(examples.THING), matched=True, refuses=(404, 409),
    ),
    Operation(
        method="GET", path=f"{_ONE}/history", name="list_channel_history", tag="channels", deed="see", run=history,
        summary="Who changed a channel, what and when, the newest first", query=Paging, answer=Page[ChannelEvent],
        example=Page([_EVENT], cursor(12)), refuses=(404,),
    ),
)  # fmt: skip
"""What the API does with channels beyond listing, testing and pausing them."""
