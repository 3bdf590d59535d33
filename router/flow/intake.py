"""An alert comes in: authenticated, parsed, tokenized, sealed, absorbed, planned and stored in one transaction.

Many requests share one transaction. Nothing is answered before it is committed, and what is committed is found and
delivered even if this process dies in the next moment.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from msgspec.structs import replace
from prometheus_client import Counter

from channels.contract import SafeText
from router.core import routing
from router.core.alert import SafeAlert
from router.core.ident import time_ordered
from router.core.incident import Change, Incident, absorb
from router.core.render import flatten
from router.flow import outbox
from router.flow.snapshot import Snapshot, Snapshots, Source
from router.keys import IntegrityFailure, KeystoreDown, TenantKeys
from router.measures import EVENTS, TOKENS, Measures
from router.privacy.dropped import without
from router.privacy.rules import Rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import fresh_token
from router.sources.contract import ANY_TYPE, Format, Malformed, RawAlert, Signed, WrongShape
from router.store import config, deliveries, incidents, silences
from router.store.session import Conflict, Database, DatabaseDown, Session
from router.vault import StaleKeys, Vault, open_signing

RACES = 5
"""How often a batch is done again because another process opened one of its incidents first."""

FAILED_CLOSED: Final = Counter(
    "alertveil_tokenizer_failed_closed", "Texts that became one token unread: a budget, a depth, an error.", ["cause"]
)


class Unauthorized(Exception):  # noqa: N818 - the answer
    """No such key here (401)."""


class NoSuchSource(Exception):  # noqa: N818
    """The key is good for this tenant, which has no such source (404)."""


class SourcePaused(Exception):  # noqa: N818
    """A person paused this source (403)."""


class UnknownType(Exception):  # noqa: N818
    """The body is of a media type that the source's format does not come in (415). The text says which it takes."""


class NotDurable(Exception):  # noqa: N818
    """It cannot be kept now: database or keystore are down (503)."""


@dataclass(frozen=True, slots=True, repr=False)
class Post:
    """One request's body, in the clear, and the key it came with.

    `tenant` and `source` are those of the path, None where the key alone says it; `format` overrides the source's own
    (the endpoints that speak one vendor's protocol). `kind` is the body's media type without parameters, None for one
    that its endpoint took as it is. `fault` is what the edge found wrong with the body already: it is the answer, but
    only to who has the key.
    """

    key: str
    body: bytes
    tenant: str | None = None
    source: str | None = None
    format: Format | None = None
    key_hash: bytes | None = None  # of a post whose key was proved in another way
    kind: str | None = None
    headers: Mapping[bytes, bytes] = field(default_factory=dict)  # for a signature; names in lower case
    fault: Exception | None = None
    vouched: bool = False  # checked outside the transaction, after an answer `Unvouched`

    def __repr__(self) -> str:
        return "<Post>"


@dataclass(frozen=True, slots=True, repr=False)
class Unvouched(Exception):  # noqa: N818 - the answer
    """A good key, and a format whose bodies are vouched for outside of this transaction first (`router.flow.sns`)."""

    tenant_id: UUID
    source_id: UUID
    source: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Receipt:
    """One alert that is kept: its id and its incident's, and whether it was there already.

    `incident_id` is None for a resolve of something never announced, which is acknowledged and not kept.
    """

    alert_id: UUID | None
    incident_id: UUID | None
    duplicate: bool


Answer = list[Receipt] | Exception


class Found(NamedTuple):
    """A value that the tokenizer took out, with the token proposed for it."""

    token: str
    kind: str
    value: str
    normal: str

    def __repr__(self) -> str:
        return "<Found>"


class Mint:
    """Proposes tokens for one alert; a value has one token however often the alert repeats it."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Found] = {}

    def token(self, kind: str, value: str, normal: str) -> str:
        """The token of a value."""
        meaning = kind, normal
        known = self.found.get(meaning)
        if known is None:
            known = self.found[meaning] = tuple.__new__(Found, (fresh_token(kind), kind, value, normal))
        return known.token


@dataclass(slots=True, repr=False)
class Draft:
    """One alert on its way through the batch; the raw one is dropped with it."""

    raw: RawAlert
    event: dict[str, Any]
    found: list[Found]
    rules: tuple[str, ...] = ()


@dataclass(slots=True, repr=False)
class Job:
    """One post on its way through the batch."""

    post: Post
    key_hash: bytes
    tenant_id: UUID | None = None
    source_id: UUID | None = None
    version: int = -1
    source: Source | None = None
    drafts: list[Draft] = field(default_factory=list)
    answer: Answer | None = None
    rules: Rules | None = None
    remembered: bool = False  # whose key it is was known here and not asked

    def forget(self) -> Job:
        """As it was before anything was found out about it."""
        self.tenant_id = self.source_id = self.source = self.answer = None
        self.version, self.drafts, self.remembered = -1, [], False
        return self


class Raced(Exception):  # noqa: N818 - control flow inside this module
    """Another process opened one of the batch's incidents first."""


def hash_key(key: str) -> bytes:
    """How an ingest key is stored. A fast hash is right: keys are 32 characters or more and random (ASVS 11.4.2)."""
    return hashlib.sha256(b"alertveil ingest key v1\0" + key.encode("utf-8", "surrogatepass")).digest()


class Intake:
    """Takes posts in, a batch at a time. Thread-safe."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        snapshots: Snapshots,
        ring: Callable[[set[tuple[UUID, UUID]]], None],
        watch: Callable[[UUID, Rules], None] = lambda _tenant_id, _rules: None,
        measures: Measures | None = None,
    ) -> None:
        """`watch` sees the rules that each source's alerts were tokenized by, after the batch is kept."""
        self._measures = measures or Measures()
        self._watch = watch
        self._database = database
        self._vault = vault
        self._snapshots = snapshots
        self._ring = ring
        self._keys: dict[bytes, tuple[UUID, UUID]] = {}

    def take(self, posts: Sequence[Post]) -> list[Answer]:
        """Keep every alert of every post, or say for each post why not; answers in the order of `posts`.

        An answer is the post's receipts, or one of: Unauthorized, NoSuchSource, SourcePaused, UnknownType, Unvouched,
        Malformed, WrongShape, NotDurable, the post's own fault.
        """
        jobs = [Job(post, post.key_hash or hash_key(post.key)) for post in posts]
        try:
            self._all_at_once(jobs)
        except (DatabaseDown, KeystoreDown, Conflict):
            self._one_by_one(jobs)
        moved = [job for job in jobs if job.remembered and isinstance(job.answer, Unauthorized)]
        if moved:  # the key may be another source's by now: a client that is told 401 does not send again
            self._one_by_one([job.forget() for job in moved])
        self._count(jobs)
        for tenant_id, rules in {(job.tenant_id, job.rules) for job in jobs if job.rules is not None}:
            if tenant_id is not None and rules is not None:
                self._watch(tenant_id, rules)
        return [job.answer if job.answer is not None else NotDurable() for job in jobs]

    def _count(self, jobs: Iterable[Job]) -> None:
        """What was taken in, for `/metrics`, by the format of its source."""
        taken: Counts[tuple[str, str]] = Counts()
        for job in jobs:
            if isinstance(job.answer, list) and job.source is not None:
                form = job.post.format or job.source.format
                name = form.name if form is not None else ""
                taken.update((name, "duplicate" if receipt.duplicate else "kept") for receipt in job.answer)
        for labels, count in taken.items():
            self._measures.count(EVENTS, *labels, by=count)

    def _all_at_once(self, jobs: Sequence[Job]) -> None:
        self._locate(jobs)
        self._draft(jobs)
        # A refusal too is only given by the version that the database confirms.
        self._keep([job for job in jobs if job.tenant_id is not None])

    def _one_by_one(self, jobs: Iterable[Job]) -> None:
        """After a failed batch: whoever can be kept alone is kept, so that one post cannot hold up its neighbours."""
        for job in jobs:
            try:
                self._all_at_once([job])
            except (DatabaseDown, KeystoreDown, Conflict):
                job.answer = NotDurable()

    def _locate(self, jobs: Iterable[Job]) -> None:
        """Which tenant and source each key belongs to; asks the database only for keys not seen before."""
        strange = []
        for job in jobs:
            place = self._keys.get(job.key_hash)
            if place is None:
                strange.append(job)
            else:
                job.tenant_id, job.source_id = place
                job.remembered = True
        if not strange:
            return
        with self._database.several() as session:
            for job in strange:
                place = config.source_by_key(session, job.key_hash)
                if place is None:
                    job.answer = Unauthorized()
                else:
                    self._keys[job.key_hash] = place
                    job.tenant_id, job.source_id = place

    def _draft(self, jobs: Iterable[Job]) -> None:
        """Parse and tokenize with the configuration that this process holds, before a transaction is open."""
        for job in jobs:
            held = self._snapshots.held(job.tenant_id) if job.tenant_id and job.answer is None else None
            if held is not None:
                prepare(job, held)

    def _keep(self, jobs: Sequence[Job]) -> None:
        if not jobs:
            return
        for _ in range(RACES):
            try:
                rung = self._transaction(jobs)
            except (Raced, StaleKeys):
                continue
            if rung:
                self._ring(rung)
            return
        raise DatabaseDown("40001")

    def _transaction(self, jobs: Sequence[Job]) -> set[tuple[UUID, UUID]]:
        """All tenants of the batch, one after the other, in one transaction."""
        rung: set[tuple[UUID, UUID]] = set()
        adopted: list[TenantKeys] = []
        made: Counts[str] = Counts()
        answers: list[tuple[Job, Answer]] = []
        tenants = sorted({job.tenant_id for job in jobs if job.tenant_id is not None}, key=lambda each: each.bytes)
        with self._database.several() as session:
            for tenant_id in tenants:
                session.enter(tenant_id)
                moment = incidents.moment(session)
                snapshot = self._snapshots.fresh(session, tenant_id, moment.version) if moment else None
                mine = [job for job in jobs if job.tenant_id == tenant_id]
                if moment is None or snapshot is None:
                    answers += [(job, Unauthorized()) for job in mine]
                    continue
                for job in mine:
                    if job.version != snapshot.version:
                        job.answer = None
                        prepare(job, snapshot)
                    if job.source is not None and job.source.signing is not None:
                        self._check_signature(session, tenant_id, job, moment.now)
                    if isinstance(job.answer, Unauthorized):
                        self._keys.pop(job.key_hash, None)
                good = [job for job in mine if job.answer is None]
                if not good:
                    continue
                keys = self._vault.keys(session, tenant_id)
                adopted.append(keys)
                batch = Batch(session, snapshot, keys, moment.now)
                answers += batch.absorb(good, self._vault)
                rung |= {(tenant_id, channel_id) for channel_id in batch.channels}
                made += batch.made
        for keys in adopted:
            self._vault.adopt(keys)
        for job, answer in answers:
            job.answer = answer
        for kind, count in made.items():
            self._measures.count(TOKENS, kind, by=count)
        return rung

    def _check_signature(self, session: Session, tenant_id: UUID, job: Job, now: datetime) -> None:
        """The answer is Unauthorized unless the sender signed with the source's secret, in the source's own format."""
        source, post = job.source, job.post
        if source is None or source.signing is None:
            return
        keys = self._vault.keys(session, tenant_id, data=source.signing_version)
        try:
            secret = open_signing(keys, source.source_id, source.signing, source.signing_version)
        except IntegrityFailure:  # this source's alone, so its neighbours in the batch are kept
            job.answer, job.drafts = NotDurable(), []
            return
        form = source.format
        signed = Signed(post.body, post.headers, secret.encode(), source.settings, now)
        spoken = form is not None and post.format in (None, form)
        if form is None or not spoken or form.proves is None or not form.proves(signed):
            job.answer, job.drafts = Unauthorized(), []


_JSON: Final = re.compile(r"application/(?:[a-z0-9.+-]*\+)?json")


def _comes_in(form: Format, kind: str) -> bool:
    """Whether bodies of this format come as this media type."""
    return (
        kind == "application/json" or kind in form.types or ANY_TYPE in form.types or _JSON.fullmatch(kind) is not None
    )


def prepare(job: Job, snapshot: Snapshot) -> None:
    """Check the key against this version of the configuration, parse, tokenize: fills the job or its answer."""
    job.version = snapshot.version
    job.drafts = []
    source = snapshot.sources.get(job.source_id) if job.source_id else None
    post = job.post
    now = datetime.now(UTC)
    if source is None or not source.opens(job.key_hash, now) or post.tenant not in {None, snapshot.slug}:
        job.answer = Unauthorized()
        return
    if post.source is not None and post.source != source.name:
        job.answer = NoSuchSource() if snapshot.source_named(post.source) is None else Unauthorized()
        return
    if source.paused:
        job.answer = SourcePaused()
        return
    job.source = source
    form = post.format or source.format
    if form is None:
        job.answer = WrongShape("This source's format is not known to this version of Alertveil.")
        return
    if post.kind is not None and not _comes_in(form, post.kind):
        takes = " or ".join(["application/json", *sorted(form.types)])
        job.answer = UnknownType(f"A {form.name} source takes {takes}, plain or compressed.")
        return
    if post.fault is not None:
        job.answer = post.fault
        return
    if form.vouched and source.settings and not post.vouched:
        job.answer = Unvouched(snapshot.tenant_id, source.source_id, source.name, source.settings)
        return
    try:
        for raw in form.parse(post.body, source.mapping, now):
            job.rules = source.rules or snapshot.rules
            job.drafts.append(draft(raw, job.rules, form, source.drops))
    except (Malformed, WrongShape) as refused:
        job.answer = refused
        job.drafts = []


def draft(raw: RawAlert, rules: Rules, form: Format, drops: Sequence[str] = ()) -> Draft:
    """One alert, tokenized with proposed tokens; `drops` names the fields that go before that."""
    mint = Mint()
    done = tokenize(event_of(raw, drops), rules, form.roles, mint)
    for cause, times in done.counters.items():
        FAILED_CLOSED.labels(cause).inc(times)
    # What is found and what is minted are the same values in the same order.
    return Draft(raw, upright(done.event), list(mint.found.values()), tuple(each.rule for each in done.findings))


def event_of(raw: RawAlert, drops: Sequence[str] = ()) -> dict[str, Any]:
    """What of an alert is tokenized, still in the clear; `drops` names the fields that go before that.

    What is short comes first, since routes and group keys are made of labels: a text that takes all of the tokenizer's
    budget must not leave a label unread, or the alert would match no route.
    """
    event: dict[str, Any] = {
        "labels": raw.labels,
        "links": [{"text": text, "url": url} for text, url in raw.links],
        "title": raw.title,
        "description": raw.description,
        "details": raw.details,
    }
    return without(event, drops) if drops else event


_FIELDS: Final = ("labels", "links", "title", "description", "details")  # the last is no text: see `_unread`


def upright(event: dict[str, Any]) -> dict[str, Any]:
    """The event under its own keys again: a pattern of the tenant that matches them, or fails, makes tokens of them.

    Members that an event too long to be read left unread, together one token, are one of its details.
    """
    if tuple(event) != _FIELDS:
        if type(event[next(reversed(event))]) is str:
            event = _unread(event)
        else:
            event = dict(zip(_FIELDS, event.values(), strict=True))
    links = []
    for link in event["links"]:
        if type(link) is dict and len(link) == len(_LINK):
            links.append(link if tuple(link) == _LINK else dict(zip(_LINK, link.values(), strict=True)))
        else:
            event["details"] = {**event["details"], f"link {len(links) + 1}": link}
    event["links"] = links
    return event


_LINK: Final = ("text", "url")


def _unread(event: dict[str, Any]) -> dict[str, Any]:
    name, token = event.popitem()
    event = {"labels": {}, "links": [], "title": token, "description": "", "details": {}} | event
    return {**event, "details": {**event["details"], name: token}}


class Batch:
    """One tenant's share of a batch, inside its transaction."""

    def __init__(self, session: Session, snapshot: Snapshot, keys: TenantKeys, now: datetime) -> None:
        self._session = session
        self._snapshot = snapshot
        self._keys = keys
        self._now = now
        self.channels: set[UUID] = set()
        self.made: Counts[str] = Counts()  # values of each kind that have a token now and had none

    def absorb(self, jobs: Sequence[Job], vault: Vault) -> list[tuple[Job, Answer]]:
        """Seal, fold every alert into its incident, write. Raises Raced."""
        drafts = [(job, job.source, draft) for job in jobs if job.source is not None for draft in job.drafts]
        sealed = vault.seal(self._session, self._keys, (found for _, _, draft in drafts for found in draft.found))
        marked = [self._marks(draft, source) for _, source, draft in drafts]
        looked_up = incidents.latest(self._session, {group_key for _, group_key in marked})
        renamed, current = sealed(), looked_up()
        found = (each for _, _, draft in drafts for each in draft.found)
        self.made.update(each.kind for each in found if renamed.get(each.token, each.token) == each.token)
        ready = [
            (job, self._alert(draft, source, key, renamed), group_key)
            for (job, source, draft), (key, group_key) in zip(drafts, marked, strict=True)
        ]
        known = (
            incidents.known(
                self._session,
                {alert.identity for _, alert, _ in ready},
                {incident.incident_id for incident in current.values()},
            )
            if current
            else {}
        )
        fold = Fold(self._snapshot, current, known)
        answers: dict[int, list[Receipt]] = {id(job): [] for job in jobs}
        for job, alert, group_key in ready:
            answers[id(job)].append(fold.add(alert, group_key))
        self._write(fold)
        return [(job, answers[id(job)]) for job in jobs]

    def _marks(self, draft: Draft, source: Source) -> tuple[bytes, bytes]:
        """(what is broken, which incident it belongs to), as keyed hashes."""
        raw = draft.raw
        key = self._keys.mark("key", str(source.source_id), raw.dedup_key or raw.title)
        facts = routing.facts(draft.event["labels"], raw.severity, source.name)
        fields = routing.group_fields(self._snapshot.table, facts)
        if fields is None:
            return key, key
        clear = {**raw.labels, "severity": raw.severity, "source": source.name}
        return key, self._keys.mark("group", *(part for label, _ in fields for part in (label, clear.get(label, ""))))

    def _alert(self, draft: Draft, source: Source, key: bytes, renamed: dict[str, str]) -> SafeAlert:
        raw, event = draft.raw, draft.event
        if renamed and any(found.token in renamed for found in draft.found):
            event = rename(event, renamed)
        content = raw.episode or orjson.dumps([raw.title, raw.description, raw.labels, raw.details]).decode()
        return SafeAlert(
            alert_id=time_ordered(time.time_ns() // 1_000_000, os.urandom(10)),
            source_id=source.source_id,
            source=source.name,
            signal=raw.signal,
            key=key,
            identity=self._keys.mark("alert", str(source.source_id), raw.dedup_key, raw.signal, content),
            timed=bool(raw.episode),
            severity=raw.severity,
            title=SafeText(event["title"]),
            description=SafeText(event["description"]),
            labels=event["labels"],
            details=event["details"],
            links=tuple((link["text"], link["url"]) for link in event["links"]),
            fields=flatten(event["labels"], event["details"]),
            tokens=tuple(renamed.get(found.token, found.token) for found in draft.found),
            rules=draft.rules,
            received_at=self._now,
            starts_at=raw.starts_at,
        )

    def _write(self, fold: Fold) -> None:
        session, tenant_id = self._session, self._snapshot.tenant_id
        fresh = [incident for incident in fold.touched.values() if incident.new]
        added = incidents.insert(session, tenant_id, fresh, fold.replaced)
        incidents.update(session, [incident for incident in fold.touched.values() if not incident.new])
        kept = incidents.add_alerts(session, tenant_id, fold.kept)
        incidents.add_events(session, tenant_id, fold.events)
        planned = list(fold.planned.values())
        old = [each for each in planned if each.revision > 1]
        deliveries.supersede(session, old)
        deliveries.add(session, tenant_id, planned)
        silences.keep_quiet(session, tenant_id, fold.quieted)
        told = outbox.tell(session, self._snapshot, (change for change, _ in fold.events))
        session.settle()
        if added() != len(fresh) or kept() != len(fold.kept):
            raise Raced
        self.channels = {each.channel_id for each in planned} | told


class Fold:
    """Alerts of one batch folded into their incidents, in order; pure."""

    def __init__(self, snapshot: Snapshot, current: dict[bytes, Incident], known: dict[bytes, incidents.Known]) -> None:
        self._snapshot = snapshot
        self._current = current
        self._known = known
        self.touched: dict[UUID, Incident] = {}
        self.replaced: list[UUID] = []  # resolved too long ago to be reopened: a new incident takes their place
        self.kept: list[tuple[Incident, SafeAlert]] = []
        self.events: list[tuple[Change, str | None]] = []
        self.planned: dict[tuple[UUID, UUID], deliveries.Planned] = {}
        self.quieted: dict[tuple[UUID, UUID], int] = {}  # (silence, incident) -> the newest revision that it kept quiet

    def add(self, alert: SafeAlert, group_key: bytes) -> Receipt:
        """One more alert."""
        current = self._current.get(group_key)
        seen = self._known.get(alert.identity)
        ended = alert.timed and alert.signal == "resolved"  # an episode ends once, whatever was reopened since
        duplicate = (
            seen is not None
            and current is not None
            and seen.incident_id == current.incident_id
            and (ended or seen.generation == current.generation)
        )
        new_id = time_ordered(int(alert.received_at.timestamp() * 1000), os.urandom(10))
        change = absorb(current, alert, group_key=group_key, new_id=new_id, duplicate=duplicate)
        if change is None:
            return Receipt(None, None, duplicate=False)
        incident = change.incident
        if change.revised:
            facts = routing.facts(alert.labels, alert.severity, alert.source)
            plan = routing.plan(change, facts, self._snapshot.table, alert.received_at)
            incident = replace(incident, told=plan.told)
            change = replace(change, incident=incident)
            self.events.append((change, plan.why_none))
            if plan.silence is not None:
                self.quieted[plan.silence.silence_id, incident.incident_id] = incident.revision
            for each in plan.deliveries:
                self.planned[incident.incident_id, each.channel_id] = deliveries.Planned(
                    incident.incident_id, each.channel_id, each.destination_id, incident.revision, each.kind
                )
        if incident.new and current is not None and not current.new:
            self.replaced.append(current.incident_id)
        self._current[group_key] = incident
        if incident is not current:
            self.touched[incident.incident_id] = incident
        if not change.keep:
            return Receipt(seen.alert_id if seen else None, incident.incident_id, duplicate=True)
        self.kept.append((incident, alert))
        self._known[alert.identity] = incidents.Known(alert.alert_id, incident.incident_id, incident.generation)
        return Receipt(alert.alert_id, incident.incident_id, duplicate=False)


def rename(event: dict[str, Any], renamed: dict[str, str]) -> dict[str, Any]:
    """The event with proposed tokens replaced by those that the vault had already."""
    text = orjson.dumps(event).decode()
    for proposed, real in renamed.items():
        text = text.replace(proposed, real)
    changed: dict[str, Any] = orjson.loads(text)
    return changed
