"""What goes over the API's wire: every field of every answer and request, with its meaning where its name is short.

Free text in these is tokenized, as it is kept. No answer has a field for a secret.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from router.privacy.said import LONGEST
from router.web.api.operation import Cursor, Limit, Paging

Role = Literal["viewer", "responder", "operator", "privacy_officer", "reviewer", "auditor", "admin"]
Severity = Literal["critical", "error", "warning", "info"]
Status = Literal["open", "acknowledged", "investigating", "resolved"]
State = Literal["pending", "delivered", "dead", "superseded", "suppressed"]
OptInState = Literal["requested", "active", "expiring", "expired", "revoked", "suspended", "rejected"]
Moment = Annotated[datetime, Meta(tz=True)]
Reason = Annotated[str, Meta(max_length=2000, description="Tokenized before it is kept.")]
Name = Annotated[str, Meta(min_length=1, max_length=63)]


class Tenant(Struct):
    """The token's tenant. `version` rises with every change of configuration or policy."""

    id: UUID
    slug: str
    name: str
    privacy: Literal["detect", "strict", "sealed"]
    kill_switch: bool
    version: int


class Me(Struct):
    """The token that asks, and its tenant. `deeds`: what its roles let it do (`docs/roles.md` says what each is)."""

    id: UUID
    name: str
    roles: list[Role]
    deeds: list[str]
    expires_at: Moment
    tenant: Tenant


class Health(Struct):
    """How the installation is doing. Ages in seconds, null where there is nothing to say.

    `audit_holds`: what the nightly verification of the audit found, and how long ago rows were last verified.
    """

    status: Literal["ready", "degraded", "down"]
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


class IncidentQuery(Paging, forbid_unknown_fields=True):
    """Which incidents. `live` are all that are not resolved."""

    status: Literal["live", "open", "acknowledged", "investigating", "resolved", "all"] = "all"
    severity: Severity | None = None
    short_id: Annotated[str, Meta(pattern="^INC-[0-9A-F]{8}$", description="As people say it.")] | None = None
    after: Annotated[UUID, Meta(description="Those that follow this incident in the list.")] | None = None


class IncidentLine(Struct):
    """An incident in a list. `alerts`: how many it has had."""

    id: UUID
    short_id: str
    status: Status
    severity: Severity
    title: str
    source: str
    alerts: int
    revision: int
    opened_at: Moment
    last_alert_at: Moment


class Pair(Struct):
    """A name and what it stands for."""

    name: str
    value: str


class Incident(IncidentLine):
    """One incident. `generation`: how often it was reopened. `ended_by`: who or what resolved it.

    `quiet`: what its quiet timer says.
    """

    description: str
    labels: dict[str, str]
    links: list[Pair]
    fields: list[Pair]
    generation: int
    resolved_at: Moment | None
    ended_by: Literal["source", "quiet", "person"] | None
    quiet: str


class Event(Struct):
    """A line of an incident's timeline. `untold`: why no channel was told, null when some were."""

    revision: int
    at: Moment
    why: str
    actor: str
    untold: str | None


class Note(Struct):
    """What a person wrote to an incident: tokenized before it was kept, with tokens that nobody can open."""

    id: UUID
    at: Moment
    actor: str
    text: str


class Alert(Struct):
    """One alert as it is kept. `tokens`: what sealing it made, and all that can be opened on its incident."""

    id: UUID
    signal: str
    severity: str
    source: str | None
    received_at: Moment
    payload: dict[str, Any]
    tokens: list[str]


class Acted(Struct):
    """What came of it. `changed` is false when it was so already."""

    id: UUID
    changed: bool
    why: str
    status: Status
    revision: int


class DeliveryQuery(Paging, forbid_unknown_fields=True):
    """Which deliveries."""

    state: State | None = None
    channel: Name | None = None
    after: Annotated[str, Meta(max_length=120, description="Those that follow this delivery in the list.")] = ""


class DeliveryLine(Struct):
    """One incident's revision on its way to one channel. `id` is what `alertveil deliveries retry` takes too.

    `words`: what came of it, for people. `remote_id`: what its destination calls it.
    """

    id: str
    incident_id: UUID
    channel: str
    channel_kind: str
    revision: int
    kind: str
    state: State
    words: str
    reason: str | None
    attempts: int
    uncertain: bool
    created_at: Moment
    next_attempt_at: Moment | None
    done_at: Moment | None
    remote_id: str | None


class Attempt(Struct):
    """One attempt. `mode` is tokens or plaintext and `policy` why; no message is ever kept."""

    number: int
    started_at: Moment
    latency_ms: float | None
    outcome: str
    reason: str | None
    status: int | None
    mode: str
    policy: str
    repeat: bool
    tripwire: int


class Delivery(DeliveryLine):
    """One delivery with its attempts, the first one first."""

    history: list[Attempt]


class Channel(Struct):
    """A way out and how it is doing. `mode`: what it gets now. `waiting` is counted up to a thousand.

    `title` names its kind; `tone` says how its state is coloured.
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
    last_ok_at: Moment | None
    waiting: int
    delivered: int
    retried: int
    dead: int
    routes: int


class Source(Struct):
    """A way in. `quiet_after_seconds`: null when its own resolve is waited for."""

    id: UUID
    name: str
    format: str
    quiet_after_seconds: float | None
    paused_at: Moment | None
    mapping: dict[str, str]
    fields: dict[str, str]


class Route(Struct):
    """Which alerts go to which channels. Routes are tried in order; `goes_on`: the next ones add channels."""

    position: int
    matchers: list[str]
    channels: list[str]
    group_by: list[str]
    goes_on: bool


class ConfiguredChannel(Struct):
    """A channel as it is configured; what is secret about it is not here."""

    id: UUID
    name: str
    kind: str
    vendor: str
    settings: dict[str, Any]


class Pattern(Struct):
    """A tenant's own shape of PHI."""

    type: str
    regex: str


class Configuration(Struct):
    """Everything that is configured, of one version, without a secret."""

    version: int
    tenant: str
    name: str
    privacy: Literal["detect", "strict", "sealed"]
    sources: list[Source]
    channels: list[ConfiguredChannel]
    routes: list[Route]
    patterns: list[Pattern]
    safe_words: list[str]
    fields: dict[str, str]
    keep_values_seconds: float
    keep_incidents_seconds: float


class ConfigurationChange(Struct, forbid_unknown_fields=True):
    """A configuration file, as YAML text or as the same in JSON, that names this token's tenant alone.

    `secrets` are the values behind the names that the file gives in `*_env`; files (`*_file`) are not read.
    """

    config: Annotated[str, Meta(max_length=1_000_000)] | dict[str, Any]
    secrets: dict[str, str] = {}
    dry_run: bool = False


class ConfigurationChanged(Struct):
    """What the file changed, in words without a secret; with `dry_run`, what it would.

    `warning_lines`: the line of the file that each warning is about.
    """

    id: UUID
    version: int
    dry_run: bool
    changes: list[str]
    warnings: list[str]
    warning_lines: list[int]


class OptInQuery(Paging, forbid_unknown_fields=True):
    """Which opt-ins. `state` as it is written down; time may have ended one a moment before that."""

    state: OptInState | None = None
    channel: Name | None = None


class OptIn(Struct):
    """A plaintext opt-in. `intact` is false when somebody changed its row behind our back; then it grants nothing.

    `facts`: what the vendor said about who reads there. `known`: what to know about the vendor.
    """

    id: UUID
    channel: str
    channel_kind: str
    destination: str
    state: OptInState
    why: str
    types: list[str]
    lowest_severity: str
    purpose: str
    vendor: str
    service: str
    baa_id: UUID
    requested_by: str
    requested_at: Moment
    approved_by: str
    approved_at: Moment | None
    starts_at: Moment
    ends_at: Moment
    state_at: Moment
    state_by: str
    single_custody: bool
    break_glass: bool
    intact: bool
    facts: dict[str, str]
    known: list[Fact]


class OptInRequest(Struct, forbid_unknown_fields=True):
    """What is asked for. `types` by name, never all; `until` is the first moment after it."""

    channel: Name
    types: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(min_length=1, max_length=40)]
    purpose: Annotated[str, Meta(min_length=1, max_length=2000, description="Tokenized before it is kept.")]
    baa_id: UUID
    until: Moment
    lowest_severity: Severity = "info"


class Why(Struct, forbid_unknown_fields=True):
    """A reason."""

    reason: Reason = ""


class Baa(Struct):
    """A business associate agreement. `falls_back`: channels that hold tokens only when it is over."""

    id: UUID
    vendor: str
    service: str
    plan: str
    counterparty: str
    signed_on: date
    effective_at: Moment
    expires_at: Moment
    state: str
    days_left: int
    document_hash: str
    document_link: str
    contacts: list[str]
    sub_processors: list[str]
    added_by: str
    retired_at: Moment | None
    falls_back: list[str]
    intact: bool


class NewBaa(Struct, forbid_unknown_fields=True):
    """An agreement as it is written. Days are UTC's; `expires` is the last day on which it holds."""

    vendor: Annotated[str, Meta(min_length=1, max_length=100)]
    service: Annotated[str, Meta(min_length=1, max_length=200)]
    signed: date
    expires: date
    effective: date | None = None
    plan: Annotated[str, Meta(max_length=100)] = ""
    counterparty: Annotated[str, Meta(max_length=200)] = ""
    document_sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$", description="Of the signed paper.")] = ""
    link: Annotated[str, Meta(max_length=500, description="An https:// address.")] = ""
    contacts: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=50)] = []
    sub_processors: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=50)] = []


class Retired(Struct):
    """An agreement that is out of use, and the channels that hold tokens only from now on."""

    id: UUID
    falls_back: list[str]


class NewNote(Struct, forbid_unknown_fields=True):
    """What somebody saw or did."""

    text: Annotated[str, Meta(min_length=1, max_length=LONGEST, description="Tokenized before it is kept.")]


class Made(Struct):
    """What was made."""

    id: UUID


class ChannelPause(Struct, forbid_unknown_fields=True):
    """Why a channel is paused."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class ChannelTest(Struct):
    """What came of a test message. `reason` as attempts name it, `words` the same for people."""

    key: str
    delivered: bool
    reason: str
    latency_ms: float
    words: str
    status: int | None


class Preview(Struct, forbid_unknown_fields=True):
    """What to preview: an incident, or with `types` a made-up one with made-up values of these; else a made-up one."""

    incident_id: UUID | None = None
    types: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=40)] = []


class Fact(Struct):
    """Something to know before plaintext goes there, and where that was found."""

    text: str
    source: str


class Previewed(Struct):
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


class Recovery(Struct, forbid_unknown_fields=True):
    """Everything that died since then goes out again; on one channel when it is named."""

    since: Moment
    channel: Name | None = None


class Resumed(Struct):
    """A channel that goes on. `died`: deliveries that died there within seven days and are not sent again by this.

    `POST /deliveries/recover` sends them again; a count of 1000 is 1000 or more.
    """

    id: UUID
    died: int


class Recovered(Struct, omit_defaults=True):
    """How many deliveries are due again. `held`: their channel is paused, so they wait for it."""

    count: int
    held: bool = False


class Review(Struct):
    """A quarterly review. `undecided`: required items without a decision. `sha256` of the record, once it is signed."""

    id: UUID
    quarter: str
    kind: Literal["interim", "final"]
    state: str
    cut_off: Moment
    opened_at: Moment
    due_at: Moment
    signed_at: Moment | None
    signed_by: str | None
    items: int
    undecided: int
    snapshot_sha256: str
    sha256: str | None


class ReviewItem(Struct):
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


class ReviewShown(Struct):
    """A review as it stands; `sha256` is the hash that its PDF, CSV and JSON carry."""

    id: UUID
    quarter: str
    kind: Literal["interim", "final"]
    state: str
    cut_off: Moment
    opened_at: Moment
    due_at: Moment
    sha256: str
    items: int
    decided: int


class ReviewQuery(Struct, forbid_unknown_fields=True):
    """Which review of the quarter; without it the final one if there is one."""

    kind: Literal["interim", "final"] | None = None


class ReviewRecord(Struct):
    """The whole record of a review, as `docs/schemas/review.schema.json` describes it, and its hash."""

    sha256: str
    undecided: int
    record: dict[str, Any]


class NewReview(Struct, forbid_unknown_fields=True):
    """Which quarter."""

    quarter: Annotated[str, Meta(pattern="^20[0-9]{2}Q[1-4]$")]


class Opened(Struct):
    """A review; `made` is false when it was open already."""

    id: UUID
    quarter: str
    kind: Literal["interim", "final"]
    state: str
    items: int
    due_at: Moment
    made: bool


class Verdict(Struct, forbid_unknown_fields=True):
    """A decision on one item. `types` and `until` narrow what goes on, for `modify`."""

    verdict: Literal["keep", "modify", "revoke"]
    reason: Annotated[str, Meta(min_length=1, max_length=2000, description="Tokenized before it is kept.")]
    types: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=40)] = []
    until: Moment | None = None


class Decided(Struct):
    """What came of it."""

    id: UUID
    verdict: str
    effect: str


class Verdicts(Struct, forbid_unknown_fields=True):
    """One decision on several items by id or number, or on `rest`: all undecided ones without a flag."""

    items: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(min_length=1, max_length=500)]
    verdict: Literal["keep", "modify", "revoke"]
    reason: Annotated[str, Meta(min_length=1, max_length=2000, description="Tokenized before it is kept.")]
    types: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=40)] = []
    until: Moment | None = None


class DecidedItems(Struct):
    """What came of each."""

    id: UUID
    items: list[Decided]


class AuditQuery(Struct, forbid_unknown_fields=True):
    """Which events: every word that is given must fit. `since` is included, `until` is not."""

    cursor: Cursor = ""
    limit: Limit = 50
    actor: Annotated[str, Meta(max_length=320)] | None = None
    action: Annotated[str, Meta(max_length=80)] | None = None
    object: Annotated[str, Meta(max_length=200)] | None = None
    channel: UUID | None = None
    incident: UUID | None = None
    decision: Literal["allowed", "denied"] | None = None
    since: Moment | None = None
    until: Moment | None = None


class AuditEvent(Struct):
    """An audit event; `seq` and `hash` are its row in the chain, null and '' for a moment after it was written."""

    id: UUID
    seq: int | None
    at: Moment
    actor: str
    auth: str
    action: str
    object: str
    decision: Literal["allowed", "denied"]
    reason: str
    request_id: str
    details: dict[str, Any]
    hash: str


class Search(Struct, forbid_unknown_fields=True):
    """What is sought. `by` says what `what` is; a value is turned into blind indexes in memory and forgotten."""

    by: Literal["value", "user", "channel", "vendor", "incident", "time"]
    what: Annotated[str, Meta(max_length=2000)] = ""
    days: Annotated[int, Meta(ge=1, le=2196)] = 90


class Disclosure(Struct):
    """One token that a person or a channel was granted in the clear. The value itself is never here."""

    at: Moment
    kind: Literal["reveal", "delivery"]
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


class Found(Struct):
    """Every disclosure, the newest first. All of them: more than fit make the search a 422."""

    items: list[Disclosure]


class User(Struct):
    """A person who may come in. `zone`: IANA's name of the time zone that pages show them; answers are in UTC."""

    id: UUID
    email: str
    kind: str
    roles: list[Role]
    factors: list[str]
    sessions: int
    created_at: Moment
    seen_at: Moment | None
    disabled_at: Moment | None
    zone: str


class Token(Struct):
    """An API token, without what it is made of."""

    id: UUID
    name: str
    prefix: str
    roles: list[Role]
    created_by: str
    created_at: Moment
    expires_at: Moment
    revoked_at: Moment | None
    used_at: Moment | None


class Revoked(Struct):
    """A token that holds no longer."""

    id: UUID
    revoked: bool


class KillSwitch(Struct, forbid_unknown_fields=True):
    """On: every channel of the tenant gets tokens only, from the next attempt on."""

    on: bool


class Switched(Struct):
    """The tenant's kill switch; `changed` is false when it stood so already."""

    id: UUID
    on: bool
    changed: bool


Secret = Annotated[
    str, Meta(pattern="^whsec_[A-Za-z0-9+/]{22,88}={0,2}$", description="Chosen by you and never given back.")
]
HookEvents = Annotated[
    list[Annotated[str, Meta(max_length=40)]],
    Meta(min_length=1, max_length=40, description="Such as incident.opened; incident.* is all of a kind."),
]
HookName = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$")]
Url = Annotated[str, Meta(min_length=1, max_length=2000, description="An https:// address.")]


class Hook(Struct):
    """A subscription of a system of your own, without its secret. `state`: ready, failing, paused or disabled.

    `waiting` is counted up to a thousand; `counted` is the `sequence` of its newest event.
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
    last_ok_at: Moment | None
    created_at: Moment
    changed_at: Moment
    rotated_at: Moment | None


class NewHook(Struct, forbid_unknown_fields=True):
    """A hook that is told from now on."""

    name: HookName
    url: Url
    events: HookEvents
    secret: Secret
    enabled: bool = True


class HookChange(Struct, forbid_unknown_fields=True):
    """What a hook is to be, as a whole; its secret stays."""

    name: HookName
    url: Url
    events: HookEvents
    enabled: bool = True


class HookSecret(Struct, forbid_unknown_fields=True):
    """What signs from now on; the secret before it signs, too, for a day."""

    secret: Secret


class HookTest(Struct):
    """What came of a test event. `reason` as attempts name it, `words` the same for people."""

    id: UUID
    delivered: bool
    reason: str
    words: str
    status: int | None
    latency_ms: float


class HookEventQuery(Paging, forbid_unknown_fields=True):
    """Which events."""

    state: Literal["pending", "delivered", "dead"] | None = None


class HookEvent(Struct):
    """One event of a hook; `id` is its webhook-id, `subject` the incident, opt-in or review."""

    id: UUID
    type: str
    subject: UUID
    at: Moment
    sequence: int | None
    state: Literal["pending", "delivered", "dead"]
    attempts: int
    next_attempt_at: Moment | None
    done_at: Moment | None
    uncertain: bool
    reason: str | None
    status: int | None


class HookReplay(Struct, forbid_unknown_fields=True):
    """One event, or everything that died since then."""

    event_id: UUID | None = None
    since: Moment | None = None
