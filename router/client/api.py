"""What goes over the wire of `/api/v1`, and one method an operation.

Written by `tools/build_client.py` from the API's own document: change `router/web/api`, then write it again with
`python -m tools.build_client`. Words of a closed list are plain text in answers, so that a newer server may say more.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from router.client.wire import Lines, Wire


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The token that asks, and its tenant. `deeds`: what its roles let it do (`docs/roles.md` says what each is)."""

    id: UUID
    name: str
    roles: list[str]
    deeds: list[str]
    expires_at: datetime
    tenant: Tenant


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """The token's tenant. `version` rises with every change of configuration or policy."""

    id: UUID
    slug: str
    name: str
    privacy: str
    kill_switch: bool
    version: int


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the installation is doing.

    Ages in seconds, null where there is nothing to say. `audit_holds`: what the nightly verification of the
    audit found, and how long ago rows were last verified.
    """

    status: str
    database: bool
    keystore: bool
    broker: bool
    upkeep_heartbeat_age_seconds: float | None
    ingest_heartbeat_age_seconds: float | None
    oldest_due_delivery_seconds: float
    kill_switch: bool
    audit_unchained_seconds: float | None
    audit_holds: bool | None
    audit_verified_age_seconds: float | None


class IncidentLine(msgspec.Struct, frozen=True, kw_only=True):
    """An incident in a list. `alerts`: how many it has had."""

    id: UUID
    short_id: str
    status: str
    severity: str
    title: str
    source: str
    alerts: int
    revision: int
    opened_at: datetime
    last_alert_at: datetime


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One incident.

    `generation`: how often it was reopened. `ended_by`: who or what resolved it. `quiet`: what its quiet timer
    says.
    """

    id: UUID
    short_id: str
    status: str
    severity: str
    title: str
    source: str
    alerts: int
    revision: int
    opened_at: datetime
    last_alert_at: datetime
    description: str
    labels: dict[str, str]
    links: list[Pair]
    fields: list[Pair]
    generation: int
    resolved_at: datetime | None
    ended_by: str | None
    quiet: str


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A name and what it stands for."""

    name: str
    value: str


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an incident's timeline. `untold`: why no channel was told, null when some were."""

    revision: int
    at: datetime
    why: str
    actor: str
    untold: str | None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as it is kept. `tokens`: what sealing it made, and all that can be opened on its incident."""

    id: UUID
    signal: str
    severity: str
    source: str | None
    received_at: datetime
    payload: dict[str, Any]
    tokens: list[str]


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wrote to an incident: tokenized before it was kept, with tokens that nobody can open."""

    id: UUID
    at: datetime
    actor: str
    text: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery with its attempts, the first one first."""

    id: str
    incident_id: UUID
    channel: str
    channel_kind: str
    revision: int
    kind: str
    state: str
    words: str
    reason: str | None
    attempts: int
    uncertain: bool
    created_at: datetime
    next_attempt_at: datetime | None
    done_at: datetime | None
    remote_id: str | None
    history: list[Attempt]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt. `mode` is tokens or plaintext and `policy` why; no message is ever kept."""

    number: int
    started_at: datetime
    latency_ms: float | None
    outcome: str
    reason: str | None
    status: int | None
    mode: str
    policy: str
    repeat: bool
    tripwire: int


class DeliveryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One incident's revision on its way to one channel.

    `id` is what `alertveil deliveries retry` takes too. `words`: what came of it, for people. `remote_id`: what
    its destination calls it.
    """

    id: str
    incident_id: UUID
    channel: str
    channel_kind: str
    revision: int
    kind: str
    state: str
    words: str
    reason: str | None
    attempts: int
    uncertain: bool
    created_at: datetime
    next_attempt_at: datetime | None
    done_at: datetime | None
    remote_id: str | None


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A way out and how it is doing.

    `mode`: what it gets now. `waiting` is counted up to a thousand. `title` names its kind; `tone` says how its
    state is coloured.
    """

    id: UUID
    name: str
    kind: str
    title: str
    tone: str
    leads_to: str
    vendor: str
    mode: str
    state: str
    why: str
    last: str
    last_ok_at: datetime | None
    waiting: int
    delivered: int
    retried: int
    dead: int
    routes: int


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A way in. `quiet_after_seconds`: null when its own resolve is waited for."""

    id: UUID
    name: str
    format: str
    quiet_after_seconds: float | None
    paused_at: datetime | None
    mapping: dict[str, str]
    fields: dict[str, str]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Which alerts go to which channels. Routes are tried in order; `goes_on`: the next ones add channels."""

    position: int
    matchers: list[str]
    channels: list[str]
    group_by: list[str]
    goes_on: bool


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is configured, of one version, without a secret."""

    version: int
    tenant: str
    name: str
    privacy: str
    sources: list[Source]
    channels: list[ConfiguredChannel]
    routes: list[Route]
    patterns: list[Pattern]
    safe_words: list[str]
    fields: dict[str, str]
    keep_values_seconds: float
    keep_incidents_seconds: float


class ConfiguredChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as it is configured; what is secret about it is not here."""

    id: UUID
    name: str
    kind: str
    vendor: str
    settings: dict[str, Any]


class Pattern(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A tenant's own shape of PHI."""

    type: str
    regex: str


class OptIn(msgspec.Struct, frozen=True, kw_only=True):
    """A plaintext opt-in.

    `intact` is false when somebody changed its row behind our back; then it grants nothing. `facts`: what the
    vendor said about who reads there. `known`: what to know about the vendor.
    """

    id: UUID
    channel: str
    channel_kind: str
    destination: str
    state: str
    why: str
    types: list[str]
    lowest_severity: str
    purpose: str
    vendor: str
    service: str
    baa_id: UUID
    requested_by: str
    requested_at: datetime
    approved_by: str
    approved_at: datetime | None
    starts_at: datetime
    ends_at: datetime
    state_at: datetime
    state_by: str
    single_custody: bool
    break_glass: bool
    intact: bool
    facts: dict[str, str]
    known: list[Fact]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something to know before plaintext goes there, and where that was found."""

    text: str
    source: str


class Baa(msgspec.Struct, frozen=True, kw_only=True):
    """A business associate agreement. `falls_back`: channels that hold tokens only when it is over."""

    id: UUID
    vendor: str
    service: str
    plan: str
    counterparty: str
    signed_on: date
    effective_at: datetime
    expires_at: datetime
    state: str
    days_left: int
    document_hash: str
    document_link: str
    contacts: list[str]
    sub_processors: list[str]
    added_by: str
    retired_at: datetime | None
    falls_back: list[str]
    intact: bool


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A quarterly review. `undecided`: required items without a decision. `sha256` of the record, once it is signed."""

    id: UUID
    quarter: str
    kind: str
    state: str
    cut_off: datetime
    opened_at: datetime
    due_at: datetime
    signed_at: datetime | None
    signed_by: str | None
    items: int
    undecided: int
    snapshot_sha256: str
    sha256: str | None


class ReviewShown(msgspec.Struct, frozen=True, kw_only=True):
    """A review as it stands; `sha256` is the hash that its PDF, CSV and JSON carry."""

    id: UUID
    quarter: str
    kind: str
    state: str
    cut_off: datetime
    opened_at: datetime
    due_at: datetime
    sha256: str
    items: int
    decided: int


class ReviewRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record of a review, as `docs/schemas/review.schema.json` describes it, and its hash."""

    sha256: str
    undecided: int
    record: dict[str, Any]


class ReviewItem(msgspec.Struct, frozen=True, kw_only=True):
    """One opt-in to judge, with the facts as they were at the cut-off, and the decision that counts, if any."""

    id: str
    channel: str
    channel_kind: str
    vendor: str
    destination: str
    types: list[str]
    lowest_severity: str
    purpose: str
    requester: str
    approver: str
    reviewer: str
    starts_at: str
    ends_at: str
    state: str
    deliveries: int
    tokens: int
    last_used_at: str
    required: bool
    flags: list[str]
    verdict: str | None
    decided_by: str | None
    decision_reason: str | None


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An audit event; `seq` and `hash` are its row in the chain, null and '' for a moment after it was written."""

    id: UUID
    seq: int | None
    at: datetime
    actor: str
    auth: str
    action: str
    object: str
    decision: str
    reason: str
    request_id: str
    details: dict[str, Any]
    hash: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Every disclosure, the newest first. All of them: more than fit make the search a 422."""

    items: list[Disclosure]


class Disclosure(msgspec.Struct, frozen=True, kw_only=True):
    """One token that a person or a channel was granted in the clear. The value itself is never here."""

    at: datetime
    kind: str
    who: str
    token: str
    incident_id: UUID
    incident: str
    purpose: str
    reason: str
    grant_id: UUID
    channel: str | None
    vendor: str | None
    optin_id: UUID | None
    baa_id: UUID | None
    revision: int | None
    attempt: int | None
    outcome: str | None
    match: str


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may come in. `zone`: IANA's name of the time zone that pages show them; answers are in UTC."""

    id: UUID
    email: str
    kind: str
    roles: list[str]
    factors: list[str]
    sessions: int
    created_at: datetime
    seen_at: datetime | None
    disabled_at: datetime | None
    zone: str


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An API token, without what it is made of."""

    id: UUID
    name: str
    prefix: str
    roles: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


class Acted(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `changed` is false when it was so already."""

    id: UUID
    changed: bool
    why: str
    status: str
    revision: int


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What was made."""

    id: UUID


class ChannelTest(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a test message. `reason` as attempts name it, `words` the same for people."""

    key: str
    delivered: bool
    reason: str
    latency_ms: float
    words: str
    status: int | None


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """The payload as the vendor would get it, with tokens; nothing was sent.

    With `types` also `plaintext`, made up; `told`, who reads there; `cannot`, why it can never be opted in.
    """

    channel: str
    types: list[str]
    tokens: Any
    plaintext: Any
    told: dict[str, str]
    known: list[Fact]
    cannot: str


class Resumed(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that goes on.

    `died`: deliveries that died there within seven days and are not sent again by this. `POST
    /deliveries/recover` sends them again; a count of 1000 is 1000 or more.
    """

    id: UUID
    died: int


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """How many deliveries are due again. `held`: their channel is paused, so they wait for it."""

    count: int
    held: bool = False


class ConfigurationChanged(msgspec.Struct, frozen=True, kw_only=True):
    """What the file changed, in words without a secret; with `dry_run`, what it would.

    `warning_lines`: the line of the file that each warning is about.
    """

    id: UUID
    version: int
    dry_run: bool
    changes: list[str]
    warnings: list[str]
    warning_lines: list[int]


class Retired(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement that is out of use, and the channels that hold tokens only from now on."""

    id: UUID
    falls_back: list[str]


class Switched(msgspec.Struct, frozen=True, kw_only=True):
    """The tenant's kill switch; `changed` is false when it stood so already."""

    id: UUID
    on: bool
    changed: bool


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A review; `made` is false when it was open already."""

    id: UUID
    quarter: str
    kind: str
    state: str
    items: int
    due_at: datetime
    made: bool


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    id: UUID
    verdict: str
    effect: str


class DecidedItems(msgspec.Struct, frozen=True, kw_only=True):
    """What came of each."""

    id: UUID
    items: list[Decided]


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """A token that holds no longer."""

    id: UUID
    revoked: bool


class ChannelKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of channel, and what it is set by."""

    kind: str
    title: str
    about: str
    fields: list[KindField]


class KindField(msgspec.Struct, frozen=True, kw_only=True):
    """One setting or credential of a kind. `name` has a dot for each mapping it is in. `sort` `lines` is a list."""

    name: str
    title: str
    help: str
    sort: str
    required: bool
    default: str
    choices: list[str]


class ChannelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as it is set. `revision` is the ETag without its `"v…"`; `file`: does a configuration file keep it."""

    id: UUID
    revision: int
    name: str
    kind: str
    vendor: str
    settings: dict[str, Any]
    credentials: list[ChannelCredential]
    routes: list[int]
    file: str


class ChannelCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential: whether it is there and whose hand that was, never what it is."""

    name: str
    required: bool
    held: bool
    set_at: str | None
    set_by: str


class ChannelPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a change would do. `moves`: to another destination. `waits`: requests for plaintext that no longer fit."""

    changes: list[FieldChange]
    suspends: list[SuspendedOptIn]
    waits: int
    moves: bool


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """What differs in one field. Of a credential only what was done to it; of an address with a key its host."""

    field: str
    was: str
    now: str
    secret: bool


class SuspendedOptIn(msgspec.Struct, frozen=True, kw_only=True):
    """An opt-in that the change suspends."""

    id: UUID
    types: list[str]
    ends_at: str
    why: str


class ChannelRemoved(msgspec.Struct, frozen=True, kw_only=True):
    """The channel is out of use; what it told is still told its end."""

    id: UUID


class ChannelEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a channel's history. `version` is the tenant's configuration version that it made."""

    version: int
    at: str
    actor: str
    via: str
    what: str
    name: str
    reason: str
    changes: list[FieldChange]


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """A silence. `told`: incidents that were told of when it was over, since they lasted."""

    id: UUID
    short_id: str
    state: str
    matchers: list[str]
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str
    created_at: datetime
    ended_by: str
    told: int


class SilenceTried(msgspec.Struct, frozen=True, kw_only=True):
    """What it would take, of how many incidents and alerts it was tried on. Nothing was changed."""

    matchers: list[str]
    open: list[Taken]
    recent: list[Taken]
    alerts: int
    incidents_looked_at: int
    alerts_looked_at: int


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that a silence would keep quiet: as it stands (`whole`), or `alerts` of its newest ones."""

    id: UUID
    short_id: str
    title: str
    status: str
    severity: str
    source: str
    whole: bool
    alerts: int
    last_alert_at: datetime


class SourceKey(msgspec.Struct, frozen=True, kw_only=True):
    """A source's new key, this once. `old_key_until`: the one before it holds until then, null when there is none."""

    id: UUID
    name: str
    format: str
    key: str
    old_key_until: datetime | None


class SourceShown(msgspec.Struct, frozen=True, kw_only=True):
    """One source and how it is doing.

    `alerts_last_day` is exact while `counted`, else at least so many. `old_key_until`: the key before the last
    rotation holds until then. `warning`: what will surprise somebody.
    """

    id: UUID
    name: str
    format: str
    quiet_after_seconds: float | None
    paused_at: datetime | None
    mapping: dict[str, str]
    fields: dict[str, str]
    title: str
    settings: dict[str, str]
    signed: bool
    last_alert_at: datetime | None
    alerts_last_day: int
    counted: bool
    old_key_until: datetime | None
    warning: str


class TriedBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a source would make of a body. Nothing was stored."""

    level: str
    alerts: list[TriedAlert]


class TriedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as it would be kept, with throw-away tokens, and where it would go."""

    signal: str
    severity: str
    title: str
    description: str
    labels: dict[str, str]
    details: dict[str, Any]
    tokens: list[TriedToken]
    goes: Trace


class TriedToken(msgspec.Struct, frozen=True, kw_only=True):
    """Why one token is there."""

    token: str
    type: str
    rule: str
    path: str


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """Where an alert would go.

    `group`: the labels of its group key, null for the source's own. `silenced`: the silence that keeps the
    channels quiet about it now, '' for none.
    """

    routes: list[RouteLook]
    group: dict[str, str] | None
    channels: list[str]
    silenced: str


class RouteLook(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one route.

    `failed`: the first matcher that does not hold, null when all do. `reached` is false behind a route that
    matched and does not go on.
    """

    position: int
    matches: bool
    reached: bool
    failed: str | None
    channels: list[str]


class RoutesPut(msgspec.Struct, frozen=True, kw_only=True):
    """All routes in order; `warnings`: what will surprise somebody."""

    routes: list[RouteEntry]
    warnings: list[str]


class RouteEntry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A route: matchers that must all hold, the channels, what makes one incident, and whether later routes add."""

    channels: list[str]
    matchers: list[str] = []
    group_by: list[str] = []
    goes_on: bool = False


class WordLists(msgspec.Struct, frozen=True, kw_only=True):
    """The tenant's own words. Safe words matter at level `strict` alone."""

    level: str
    patterns: list[Pattern]
    safe_words: list[str]


class WordsTried(msgspec.Struct, frozen=True, kw_only=True):
    """The text as it is tokenized now, and with what was to be tried."""

    before: Side
    after: Side


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A text as it is tokenized, with throw-away tokens."""

    text: str
    tokens: list[TriedToken]


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription of a system of your own, without its secret.

    `state`: ready, failing, paused or disabled. `waiting` is counted up to a thousand; `counted` is the
    `sequence` of its newest event.
    """

    id: UUID
    name: str
    url: str
    events: list[str]
    enabled: bool
    state: str
    why: str
    waiting: int
    delivered: int
    dead: int
    counted: int
    last: str
    last_ok_at: datetime | None
    created_at: datetime
    changed_at: datetime
    rotated_at: datetime | None


class HookTest(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a test event. `reason` as attempts name it, `words` the same for people."""

    id: UUID
    delivered: bool
    reason: str
    words: str
    status: int | None
    latency_ms: float


class HookEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a hook; `id` is its webhook-id, `subject` the incident, opt-in or review."""

    id: UUID
    type: str
    subject: UUID
    at: datetime
    sequence: int | None
    state: str
    attempts: int
    next_attempt_at: datetime | None
    done_at: datetime | None
    uncertain: bool
    reason: str | None
    status: int | None


class Search(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is sought. `by` says what `what` is; a value is turned into blind indexes in memory and forgotten."""

    by: Literal["channel", "incident", "time", "user", "value", "vendor"]
    what: str = ""
    days: int = 90


class NewNote(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What somebody saw or did."""

    text: str


class Preview(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What to preview: an incident, or with `types` a made-up one with made-up values of these; else a made-up one."""

    incident_id: UUID | None = None
    types: list[str] = []


class ChannelPause(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why a channel is paused."""

    reason: str


class Recovery(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Everything that died since then goes out again; on one channel when it is named."""

    since: datetime
    channel: str | None = None


class ConfigurationChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A configuration file, as YAML text or as the same in JSON, that names this token's tenant alone.

    `secrets` are the values behind the names that the file gives in `*_env`; files (`*_file`) are not read.
    """

    config: str | dict[str, Any]
    secrets: dict[str, str] = {}
    dry_run: bool = False


class OptInRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is asked for. `types` by name, never all; `until` is the first moment after it."""

    channel: str
    types: list[str]
    purpose: str
    baa_id: UUID
    until: datetime
    lowest_severity: Literal["critical", "error", "info", "warning"] = "info"


class Why(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A reason."""

    reason: str = ""


class NewBaa(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An agreement as it is written. Days are UTC's; `expires` is the last day on which it holds."""

    vendor: str
    service: str
    signed: date
    expires: date
    effective: date | None = None
    plan: str = ""
    counterparty: str = ""
    document_sha256: str = ""
    link: str = ""
    contacts: list[str] = []
    sub_processors: list[str] = []


class KillSwitch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """On: every channel of the tenant gets tokens only, from the next attempt on."""

    on: bool


class NewReview(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Which quarter."""

    quarter: str


class Verdict(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A decision on one item. `types` and `until` narrow what goes on, for `modify`."""

    verdict: Literal["keep", "modify", "revoke"]
    reason: str
    types: list[str] = []
    until: datetime | None = None


class Verdicts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One decision on several items by id or number, or on `rest`: all undecided ones without a flag."""

    items: list[str]
    verdict: Literal["keep", "modify", "revoke"]
    reason: str
    types: list[str] = []
    until: datetime | None = None


class NewChannel(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A channel to make. It gets tokens, and nothing until a route leads to it."""

    name: str
    kind: str
    settings: dict[str, Any]
    secrets: dict[str, str] = {}


class ChannelChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A channel as it should be. `settings` replace all; a credential that is left out stays, null takes it away."""

    name: str
    settings: dict[str, Any]
    secrets: dict[str, str | None] = {}


class NewSilence(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is to be quiet. It begins now when `starts_at` is null; `lasts_seconds` or `ends_at` says its end."""

    matchers: list[str]
    reason: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    lasts_seconds: int | None = None


class SilenceTry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Matchers to try."""

    matchers: list[str]


class NewSource(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A source to make; its key is made here."""

    format: str
    quiet_after: str = "30m"
    mapping: dict[str, str] = {}
    fields: dict[str, str] = {}
    settings: dict[str, str] = {}
    signing_secret: str | None = None
    name: str


class SourceChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A source as it should be, in the words of the configuration file; its name and its key stay.

    `signing_secret` is what its sender signs with: left out, the one there is stays; empty takes it away.
    """

    format: str
    quiet_after: str = "30m"
    mapping: dict[str, str] = {}
    fields: dict[str, str] = {}
    settings: dict[str, str] = {}
    signing_secret: str | None = None


class Rotation(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How long the key that is replaced holds."""

    overlap_seconds: int = 86400


class BodyTry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A body as the source's tool sends it."""

    body: str


class RouteList(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All routes in order."""

    routes: list[RouteEntry]


class RouteTry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An alert that might come: its labels, tokenized as they would be."""

    labels: dict[str, str] = {}
    severity: Literal["critical", "error", "info", "warning"] = "critical"
    source: str = ""


class WordsPut(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Lists to put in place of those that are there; one that is left out stays."""

    patterns: list[Pattern] | None = None
    safe_words: list[str] | None = None


class WordTry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A made-up text, and one pattern or safe word more to read it with."""

    sample: str
    pattern: Pattern | None = None
    safe_word: str = ""


class NewHook(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A hook that is told from now on."""

    name: str
    url: str
    events: list[str]
    secret: str
    enabled: bool = True


class HookChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a hook is to be, as a whole; its secret stays."""

    name: str
    url: str
    events: list[str]
    enabled: bool = True


class HookSecret(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What signs from now on; the secret before it signs, too, for a day."""

    secret: str


class HookReplay(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One event, or everything that died since then."""

    event_id: UUID | None = None
    since: datetime | None = None


class Api:
    """One method an operation; whoever may not gets a wire.Refused."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def get_me(self) -> Me:
        """The token and what it may. Every token may."""
        return self._wire.ask("GET", "/me", Me, body=None)

    def get_tenant(self) -> Tenant:
        """The token's tenant.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask("GET", "/tenant", Tenant, body=None)

    def get_health(self) -> Health:
        """How the installation is doing.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask("GET", "/health", Health, body=None)

    def list_incidents(
        self,
        *,
        status: Literal["acknowledged", "all", "investigating", "live", "open", "resolved"] | None = None,
        severity: Literal["critical", "error", "info", "warning"] | None = None,
        short_id: str | None = None,
        after: UUID | None = None,
        page: int = 100,
        cursor: str = "",
    ) -> Lines[IncidentLine]:
        """Incidents, the newest first.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines(
            "/incidents",
            IncidentLine,
            {"status": status, "severity": severity, "short_id": short_id, "after": after},
            page,
            cursor,
        )

    def get_incident(self, incident: UUID) -> Incident:
        """One incident.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask("GET", f"/incidents/{self._wire.part(incident)}", Incident, body=None)

    def list_timeline(self, incident: UUID, *, page: int = 100, cursor: str = "") -> Lines[Event]:
        """What happened to it, the newest first.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines(f"/incidents/{self._wire.part(incident)}/timeline", Event, {}, page, cursor)

    def list_alerts(self, incident: UUID, *, page: int = 100, cursor: str = "") -> Lines[Alert]:
        """Its alerts, tokenized, the newest first.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines(f"/incidents/{self._wire.part(incident)}/alerts", Alert, {}, page, cursor)

    def list_notes(self, incident: UUID, *, page: int = 100, cursor: str = "") -> Lines[Note]:
        """What people wrote to it, the newest first.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines(f"/incidents/{self._wire.part(incident)}/notes", Note, {}, page, cursor)

    def add_note(self, incident: UUID, body: NewNote, *, key: str = "") -> Made:
        """Write down what was seen or done; it is tokenized.

        A token may with one of these roles: operator, responder.
        """
        return self._wire.ask(
            "POST", f"/incidents/{self._wire.part(incident)}/notes", Made, body=body, once=True, key=key
        )

    def list_incident_deliveries(self, incident: UUID, *, page: int = 100, cursor: str = "") -> Lines[Delivery]:
        """What every channel was told of it, with the attempts, the newest revision first.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines(f"/incidents/{self._wire.part(incident)}/deliveries", Delivery, {}, page, cursor)

    def list_deliveries(
        self,
        *,
        state: Literal["dead", "delivered", "pending", "superseded", "suppressed"] | None = None,
        channel: str | None = None,
        after: str | None = None,
        page: int = 100,
        cursor: str = "",
    ) -> Lines[DeliveryLine]:
        """Deliveries, those of the newest incidents first.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines(
            "/deliveries", DeliveryLine, {"state": state, "channel": channel, "after": after}, page, cursor
        )

    def get_delivery(self, incident: UUID, channel: str, revision: int) -> Delivery:
        """One delivery with its attempts.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask(
            "GET",
            f"/deliveries/{self._wire.part(incident)}/{self._wire.part(channel)}/{self._wire.part(revision)}",
            Delivery,
            body=None,
        )

    def list_channels(self, *, page: int = 100, cursor: str = "") -> Lines[Channel]:
        """Channels and how they are doing, by name.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines("/channels", Channel, {}, page, cursor)

    def create_channel(self, body: NewChannel, *, key: str = "") -> ChannelSettings:
        """Make a channel. A token may with one of these roles: operator."""
        return self._wire.ask("POST", "/channels", ChannelSettings, body=body, once=True, key=key)

    def get_channel(self, channel: str) -> Channel:
        """One channel and how it is doing.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask("GET", f"/channels/{self._wire.part(channel)}", Channel, body=None)

    def change_channel(self, channel: str, body: ChannelChange, *, match: str) -> ChannelSettings:
        """Change a channel; needs If-Match with the ETag of its settings.

        A token may with one of these roles: operator. `match` is the ETag that was read (`Client.etag`).
        """
        return self._wire.ask("PUT", f"/channels/{self._wire.part(channel)}", ChannelSettings, body=body, match=match)

    def remove_channel(self, channel: str, *, match: str) -> ChannelRemoved:
        """Take a channel out of use; needs If-Match with the ETag of its settings.

        A token may with one of these roles: operator. `match` is the ETag that was read (`Client.etag`).
        """
        return self._wire.ask("DELETE", f"/channels/{self._wire.part(channel)}", ChannelRemoved, body=None, match=match)

    def list_sources(self, *, page: int = 100, cursor: str = "") -> Lines[Source]:
        """Sources by name.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines("/sources", Source, {}, page, cursor)

    def add_source(self, body: NewSource) -> SourceKey:
        """Make a source; its key is in this answer alone. A token may with one of these roles: operator."""
        return self._wire.ask("POST", "/sources", SourceKey, body=body)

    def list_routes(self, *, page: int = 100, cursor: str = "") -> Lines[Route]:
        """Routes in order.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines("/routes", Route, {}, page, cursor)

    def put_routes(self, body: RouteList, *, match: str) -> RoutesPut:
        """All routes in order; needs If-Match with the ETag of the configuration.

        A token may with one of these roles: operator. `match` is the ETag that was read (`Client.etag`).
        """
        return self._wire.ask("PUT", "/routes", RoutesPut, body=body, match=match)

    def get_config(self) -> Configuration:
        """Everything that is configured, without a secret.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask("GET", "/config", Configuration, body=None)

    def put_config(self, body: ConfigurationChange, *, match: str) -> ConfigurationChanged:
        """Make the configuration what a file says; needs If-Match with the ETag that was read.

        A token may with one of these roles: operator. `match` is the ETag that was read (`Client.etag`).
        """
        return self._wire.ask("PUT", "/config", ConfigurationChanged, body=body, match=match)

    def list_optins(
        self,
        *,
        state: Literal["active", "expired", "expiring", "rejected", "requested", "revoked", "suspended"] | None = None,
        channel: str | None = None,
        page: int = 100,
        cursor: str = "",
    ) -> Lines[OptIn]:
        """Plaintext opt-ins, those asked for last first.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines("/optins", OptIn, {"state": state, "channel": channel}, page, cursor)

    def request_optin(self, body: OptInRequest, *, key: str = "") -> OptIn:
        """Ask for a plaintext opt-in; another person approves it. A token may with one of these roles: operator."""
        return self._wire.ask("POST", "/optins", OptIn, body=body, once=True, key=key)

    def get_optin(self, optin: UUID) -> OptIn:
        """One opt-in.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask("GET", f"/optins/{self._wire.part(optin)}", OptIn, body=None)

    def list_baas(self, *, page: int = 100, cursor: str = "") -> Lines[Baa]:
        """Business associate agreements, by id.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines("/baas", Baa, {}, page, cursor)

    def add_baa(self, body: NewBaa, *, key: str = "") -> Made:
        """File a business associate agreement. A token may with one of these roles: privacy_officer."""
        return self._wire.ask("POST", "/baas", Made, body=body, once=True, key=key)

    def list_reviews(self, *, page: int = 100, cursor: str = "") -> Lines[Review]:
        """Quarterly reviews, by quarter.

        A token may with one of these roles: admin, auditor, privacy_officer, reviewer.
        """
        return self._wire.lines("/reviews", Review, {}, page, cursor)

    def open_review(self, body: NewReview, *, key: str = "") -> Opened:
        """Open the review of a quarter, or say that it is open.

        A token may with one of these roles: privacy_officer, reviewer.
        """
        return self._wire.ask("POST", "/reviews", Opened, body=body, once=True, key=key)

    def get_review(self, quarter: str) -> ReviewShown:
        """One review as it stands. A token may with one of these roles: admin, auditor, privacy_officer, reviewer."""
        return self._wire.ask("GET", f"/reviews/{self._wire.part(quarter)}", ReviewShown, body=None)

    def get_review_record(self, quarter: str, *, kind: Literal["final", "interim"] | None = None) -> ReviewRecord:
        """Its whole record, as an export holds it.

        A token may with one of these roles: admin, auditor, privacy_officer, reviewer.
        """
        return self._wire.ask(
            "GET", f"/reviews/{self._wire.part(quarter)}/record", ReviewRecord, body=None, query={"kind": kind}
        )

    def list_review_items(self, quarter: str, *, page: int = 100, cursor: str = "") -> Lines[ReviewItem]:
        """Its items, by id. A token may with one of these roles: admin, auditor, privacy_officer, reviewer."""
        return self._wire.lines(f"/reviews/{self._wire.part(quarter)}/items", ReviewItem, {}, page, cursor)

    def list_audit_events(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object: str | None = None,
        channel: UUID | None = None,
        incident: UUID | None = None,
        decision: Literal["allowed", "denied"] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page: int = 100,
        cursor: str = "",
    ) -> Lines[AuditEvent]:
        """Audit events, the newest first.

        A token may with one of these roles: admin, auditor, privacy_officer, reviewer.
        """
        return self._wire.lines(
            "/audit/events",
            AuditEvent,
            {
                "actor": actor,
                "action": action,
                "object": object,
                "channel": channel,
                "incident": incident,
                "decision": decision,
                "since": since,
                "until": until,
            },
            page,
            cursor,
        )

    def search_disclosures(self, body: Search) -> Found:
        """Who saw a value; it is in the body, never in an address.

        A token may with one of these roles: auditor, privacy_officer.
        """
        return self._wire.ask("POST", "/disclosures/search", Found, body=body)

    def list_users(self, *, page: int = 100, cursor: str = "") -> Lines[User]:
        """People, by e-mail address. A token may with one of these roles: admin."""
        return self._wire.lines("/users", User, {}, page, cursor)

    def list_tokens(self, *, page: int = 100, cursor: str = "") -> Lines[Token]:
        """API tokens, the newest first. A token may with one of these roles: admin."""
        return self._wire.lines("/tokens", Token, {}, page, cursor)

    def acknowledge_incident(self, incident: UUID, *, key: str = "") -> Acted:
        """Somebody is on it. A token may with one of these roles: operator, responder."""
        return self._wire.ask(
            "POST", f"/incidents/{self._wire.part(incident)}/acknowledge", Acted, body=None, once=True, key=key
        )

    def investigate_incident(self, incident: UUID, *, key: str = "") -> Acted:
        """It is looked into: it does not resolve itself meanwhile.

        A token may with one of these roles: operator, responder.
        """
        return self._wire.ask(
            "POST", f"/incidents/{self._wire.part(incident)}/investigate", Acted, body=None, once=True, key=key
        )

    def resolve_incident(self, incident: UUID, *, key: str = "") -> Acted:
        """It is over; every place that was told of it is told.

        A token may with one of these roles: operator, responder.
        """
        return self._wire.ask(
            "POST", f"/incidents/{self._wire.part(incident)}/resolve", Acted, body=None, once=True, key=key
        )

    def reopen_incident(self, incident: UUID, *, key: str = "") -> Acted:
        """It is not over. A token may with one of these roles: operator, responder."""
        return self._wire.ask(
            "POST", f"/incidents/{self._wire.part(incident)}/reopen", Acted, body=None, once=True, key=key
        )

    def test_channel(self, channel: str, *, key: str = "") -> ChannelTest:
        """Send a made-up message now. A token may with one of these roles: operator."""
        return self._wire.ask(
            "POST", f"/channels/{self._wire.part(channel)}/test", ChannelTest, body=None, once=True, key=key
        )

    def preview_channel(self, channel: str, body: Preview | None = None) -> Previewed:
        """The payload as the vendor would get it; nothing is sent.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask("POST", f"/channels/{self._wire.part(channel)}/preview", Previewed, body=body)

    def pause_channel(self, channel: str, body: ChannelPause, *, key: str = "") -> Made:
        """Let what is due wait. A token may with one of these roles: operator."""
        return self._wire.ask(
            "POST", f"/channels/{self._wire.part(channel)}/pause", Made, body=body, once=True, key=key
        )

    def resume_channel(self, channel: str, *, key: str = "") -> Resumed:
        """Let it go on; what waits is sent. A token may with one of these roles: operator."""
        return self._wire.ask(
            "POST", f"/channels/{self._wire.part(channel)}/resume", Resumed, body=None, once=True, key=key
        )

    def retry_delivery(self, incident: UUID, channel: str, revision: int, *, key: str = "") -> Recovered:
        """Make a dead or waiting delivery due now. A token may with one of these roles: operator."""
        return self._wire.ask(
            "POST",
            f"/deliveries/{self._wire.part(incident)}/{self._wire.part(channel)}/{self._wire.part(revision)}/retry",
            Recovered,
            body=None,
            once=True,
            key=key,
        )

    def recover_deliveries(self, body: Recovery, *, key: str = "") -> Recovered:
        """Make everything due again that died since then. A token may with one of these roles: operator."""
        return self._wire.ask("POST", "/deliveries/recover", Recovered, body=body, once=True, key=key)

    def reject_optin(self, optin: UUID, body: Why | None = None, *, key: str = "") -> OptIn:
        """Decline an opt-in that was asked for. A token may with one of these roles: privacy_officer."""
        return self._wire.ask("POST", f"/optins/{self._wire.part(optin)}/reject", OptIn, body=body, once=True, key=key)

    def revoke_optin(self, optin: UUID, body: Why | None = None, *, key: str = "") -> OptIn:
        """End an opt-in; the next attempt holds tokens.

        A token may with one of these roles: operator, privacy_officer.
        """
        return self._wire.ask("POST", f"/optins/{self._wire.part(optin)}/revoke", OptIn, body=body, once=True, key=key)

    def retire_baa(self, baa: UUID, *, key: str = "") -> Retired:
        """Take an agreement out of use, with everything that rests on it.

        A token may with one of these roles: privacy_officer.
        """
        return self._wire.ask("POST", f"/baas/{self._wire.part(baa)}/retire", Retired, body=None, once=True, key=key)

    def put_kill_switch(self, body: KillSwitch) -> Switched:
        """Every channel of the tenant to tokens at once, or back.

        A token may with one of these roles: privacy_officer.
        """
        return self._wire.ask("PUT", "/kill-switch", Switched, body=body)

    def decide_review_item(self, quarter: str, optin: UUID, body: Verdict, *, key: str = "") -> Decided:
        """Keep, modify or revoke an opt-in, with a reason.

        A token may with one of these roles: privacy_officer, reviewer.
        """
        return self._wire.ask(
            "POST",
            f"/reviews/{self._wire.part(quarter)}/items/{self._wire.part(optin)}/decide",
            Decided,
            body=body,
            once=True,
            key=key,
        )

    def decide_review_items(self, quarter: str, body: Verdicts, *, key: str = "") -> DecidedItems:
        """Keep, modify or revoke several opt-ins for one reason.

        A token may with one of these roles: privacy_officer, reviewer.
        """
        return self._wire.ask(
            "POST", f"/reviews/{self._wire.part(quarter)}/decide", DecidedItems, body=body, once=True, key=key
        )

    def revoke_token(self, token: UUID) -> Revoked:
        """End this very token at once; for another one a person gives a fresh proof. Every token may."""
        return self._wire.ask("DELETE", f"/tokens/{self._wire.part(token)}", Revoked, body=None)

    def list_channel_kinds(self, *, page: int = 100, cursor: str = "") -> Lines[ChannelKind]:
        """Kinds of channels and what each is set by.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines("/channel-kinds", ChannelKind, {}, page, cursor)

    def get_channel_settings(self, channel: str) -> ChannelSettings:
        """A channel as it is set, without its secrets. A token may with one of these roles: operator."""
        return self._wire.ask("GET", f"/channels/{self._wire.part(channel)}/settings", ChannelSettings, body=None)

    def plan_channel(self, channel: str, body: ChannelChange) -> ChannelPlan:
        """What a change would do: which fields differ, which opt-ins it suspends.

        A token may with one of these roles: operator.
        """
        return self._wire.ask("POST", f"/channels/{self._wire.part(channel)}/plan", ChannelPlan, body=body)

    def list_channel_history(self, channel: str, *, page: int = 100, cursor: str = "") -> Lines[ChannelEvent]:
        """Who changed a channel, what and when, the newest first.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines(f"/channels/{self._wire.part(channel)}/history", ChannelEvent, {}, page, cursor)

    def list_silences(self, *, over: bool | None = None, page: int = 100, cursor: str = "") -> Lines[Silence]:
        """Silences, the newest first.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines("/silences", Silence, {"over": over}, page, cursor)

    def add_silence(self, body: NewSilence, *, key: str = "") -> Silence:
        """Keep channels quiet about what matches, for a while.

        A token may with one of these roles: operator, responder.
        """
        return self._wire.ask("POST", "/silences", Silence, body=body, once=True, key=key)

    def try_silence(self, body: SilenceTry) -> SilenceTried:
        """What a silence would take of what is open and came lately.

        A token may with one of these roles: operator, responder.
        """
        return self._wire.ask("POST", "/silences/try", SilenceTried, body=body)

    def get_silence(self, silence: UUID) -> Silence:
        """One silence.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask("GET", f"/silences/{self._wire.part(silence)}", Silence, body=None)

    def expire_silence(self, silence: UUID, *, key: str = "") -> Silence:
        """End it now; what lasts is told within seconds. A token may with one of these roles: operator, responder."""
        return self._wire.ask(
            "POST", f"/silences/{self._wire.part(silence)}/expire", Silence, body=None, once=True, key=key
        )

    def get_source(self, source: UUID) -> SourceShown:
        """One source and how it is doing.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask("GET", f"/sources/{self._wire.part(source)}", SourceShown, body=None)

    def change_source(self, source: UUID, body: SourceChange) -> SourceShown:
        """Change it; its name and its key stay. A token may with one of these roles: operator."""
        return self._wire.ask("PUT", f"/sources/{self._wire.part(source)}", SourceShown, body=body)

    def retire_source(self, source: UUID) -> Made:
        """Take it out of use; its incidents stay. A token may with one of these roles: operator."""
        return self._wire.ask("DELETE", f"/sources/{self._wire.part(source)}", Made, body=None)

    def rotate_source(self, source: UUID, body: Rotation | None = None) -> SourceKey:
        """Another key, in this answer alone; the one before holds for a while.

        A token may with one of these roles: operator.
        """
        return self._wire.ask("POST", f"/sources/{self._wire.part(source)}/key", SourceKey, body=body)

    def end_old_key(self, source: UUID) -> SourceShown:
        """End the key before the last rotation now. A token may with one of these roles: operator."""
        return self._wire.ask("POST", f"/sources/{self._wire.part(source)}/end-old-key", SourceShown, body=None)

    def pause_source(self, source: UUID) -> SourceShown:
        """Refuse its alerts; its quiet clock stands still. A token may with one of these roles: operator."""
        return self._wire.ask("POST", f"/sources/{self._wire.part(source)}/pause", SourceShown, body=None)

    def resume_source(self, source: UUID) -> SourceShown:
        """Let it go on. A token may with one of these roles: operator."""
        return self._wire.ask("POST", f"/sources/{self._wire.part(source)}/resume", SourceShown, body=None)

    def try_source(self, source: UUID, body: BodyTry) -> TriedBody:
        """What it would make of a body, and where that would go. A token may with one of these roles: operator."""
        return self._wire.ask("POST", f"/sources/{self._wire.part(source)}/try", TriedBody, body=body)

    def try_routes(self, body: RouteTry | None = None) -> Trace:
        """Where an alert with these labels would go, and why. A token may with one of these roles: operator."""
        return self._wire.ask("POST", "/routes/try", Trace, body=body)

    def get_words(self) -> WordLists:
        """Safe words and patterns.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask("GET", "/words", WordLists, body=None)

    def put_words(self, body: WordsPut | None = None, *, match: str) -> WordLists:
        """Lists in place of these; needs If-Match with the ETag of the configuration.

        A token may with one of these roles: operator. `match` is the ETag that was read (`Client.etag`).
        """
        return self._wire.ask("PUT", "/words", WordLists, body=body, match=match)

    def try_words(self, body: WordTry) -> WordsTried:
        """A made-up text as it is tokenized now, and as it would be. A token may with one of these roles: operator."""
        return self._wire.ask("POST", "/words/try", WordsTried, body=body)

    def list_hooks(self, *, page: int = 100, cursor: str = "") -> Lines[Hook]:
        """Hooks by name.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines("/hooks", Hook, {}, page, cursor)

    def add_hook(self, body: NewHook, *, key: str = "") -> Hook:
        """Have a system of your own told. A token may with one of these roles: operator."""
        return self._wire.ask("POST", "/hooks", Hook, body=body, once=True, key=key)

    def get_hook(self, hook: UUID) -> Hook:
        """One hook.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.ask("GET", f"/hooks/{self._wire.part(hook)}", Hook, body=None)

    def put_hook(self, hook: UUID, body: HookChange) -> Hook:
        """Make a hook so, as often as you like. A token may with one of these roles: operator."""
        return self._wire.ask("PUT", f"/hooks/{self._wire.part(hook)}", Hook, body=body)

    def remove_hook(self, hook: UUID) -> Made:
        """Take a hook out of use. A token may with one of these roles: operator."""
        return self._wire.ask("DELETE", f"/hooks/{self._wire.part(hook)}", Made, body=None)

    def put_hook_secret(self, hook: UUID, body: HookSecret) -> Hook:
        """Sign with another secret. A token may with one of these roles: operator."""
        return self._wire.ask("PUT", f"/hooks/{self._wire.part(hook)}/secret", Hook, body=body)

    def test_hook(self, hook: UUID, *, key: str = "") -> HookTest:
        """Send a test event now. A token may with one of these roles: operator."""
        return self._wire.ask("POST", f"/hooks/{self._wire.part(hook)}/test", HookTest, body=None, once=True, key=key)

    def resume_hook(self, hook: UUID, *, key: str = "") -> Hook:
        """Let a paused hook go on; what waits is sent. A token may with one of these roles: operator."""
        return self._wire.ask("POST", f"/hooks/{self._wire.part(hook)}/resume", Hook, body=None, once=True, key=key)

    def list_hook_events(
        self,
        hook: UUID,
        *,
        state: Literal["dead", "delivered", "pending"] | None = None,
        page: int = 100,
        cursor: str = "",
    ) -> Lines[HookEvent]:
        """What it was told and is still to be told, the newest first.

        A token may with one of these roles: admin, auditor, operator, privacy_officer, responder, reviewer,
        viewer.
        """
        return self._wire.lines(f"/hooks/{self._wire.part(hook)}/events", HookEvent, {"state": state}, page, cursor)

    def replay_hook_events(self, hook: UUID, body: HookReplay | None = None, *, key: str = "") -> Recovered:
        """Tell one event again, or all that died since a moment. A token may with one of these roles: operator."""
        return self._wire.ask(
            "POST", f"/hooks/{self._wire.part(hook)}/replay", Recovered, body=body, once=True, key=key
        )
