"""Everything an auditor asks of an alert pipeline, as one signed zip that verifies without us.

`SHA256SUMS` lists every other file with its hash and is signed with the key that signs audit checkpoints (Ed25519), so
that two standard commands check the whole. The bundle holds tokens, ids and times; nothing of it opens a token.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast
from uuid import UUID, uuid4

import msgspec
import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from channels.registry import CHANNELS
from router.core import checkpoint
from router.core.access import ROLES
from router.core.access import table as roles_table
from router.core.audit import Event, Fault
from router.core.checkpoint import Trusted
from router.core.ident import time_ordered
from router.core.incident import short_id
from router.core.quarter import Quarter
from router.flow import access_report, audit_export, audit_keep, review
from router.flow.access_report import Access
from router.flow.audit_files import Files
from router.reports import evidence as paper
from router.reports import review as review_report
from router.runtime import Runtime
from router.store import config, disclosures, evidence, optins, retention, reviews
from router.store.session import Row, Session

BIGGEST: Final = 8 << 30
"""Bytes of one unpacked file that `verify` reads: a zip can say that a small file is endless."""

_EVENT: Final = ("at", "actor", "auth", "action", "object", "decision", "reason", "details")


class NoBundle(Exception):  # noqa: N818 - the answer
    """The file is no evidence bundle. The text says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is exported for whom. `hops`: how the hops of this installation are protected, from `settings.hops`."""

    quarter: Quarter
    actor: str
    auth: str = ""
    hops: Sequence[tuple[str, str]] = ()
    host_approvals: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that was written. `signed`: SHA-256 of its list of files; `fault`: the audit in it does not hold."""

    bundle_id: UUID
    files: int
    signed: str
    key: str
    notes: tuple[str, ...]
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class Verified:
    """What looking at a bundle brought to light; `faults` is empty when everything holds."""

    tenant: str
    quarter: str
    made_at: str
    files: int
    audit_rows: int
    faults: tuple[str, ...]


@dataclass(slots=True)
class _Zip:
    """A zip under way, with the hash of every file that went in."""

    archive: zipfile.ZipFile
    folder: str
    at: datetime
    sums: dict[str, str] = field(default_factory=dict)

    def put(self, path: str, content: bytes) -> None:
        """One whole file."""
        with self.stream(path) as file:
            file.write(content)

    def table(self, path: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """One CSV."""
        self.put(path, paper.table(columns, rows))

    @contextmanager
    def stream(self, path: str) -> Iterator[_Hashed]:
        """One file, as large as it may get."""
        info = zipfile.ZipInfo(f"{self.folder}/{path}", self.at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        with self.archive.open(info, "w", force_zip64=True) as file:
            hashed = _Hashed(file)
            yield hashed
        self.sums[path] = hashed.digest.hexdigest()


class _Hashed:
    """A file that is hashed while it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, content: bytes) -> int:
        """As a file's."""
        self.digest.update(content)
        return self._file.write(content)


def export(runtime: Runtime, tenant_id: UUID, target: Path, wanted: Wanted) -> Made:
    """Write the bundle of a quarter to `target` (mode 0600); that it was made, and its hash, are in the audit.

    Raises:
        KeystoreDown: nothing can be signed.
        DatabaseDown: the database does not answer.
        OSError: the target cannot be written.
    """
    private = audit_keep.signing_key(runtime, Files(runtime.data_dir))
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with (
            os.fdopen(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw,
            zipfile.ZipFile(raw, "w") as archive,
        ):
            made = _write(runtime, tenant_id, archive, private, wanted)
        with runtime.database.tenant(tenant_id) as session:
            runtime.audit.write(
                session,
                tenant_id,
                Event(
                    "evidence.export",
                    wanted.actor,
                    f"evidence:{made.bundle_id}",
                    auth=wanted.auth,
                    details={"quarter": str(wanted.quarter), "sha256": made.signed, "files": made.files},
                ),
            )
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return made


def _write(runtime: Runtime, tenant_id: UUID, archive: zipfile.ZipFile, private: bytes, wanted: Wanted) -> Made:
    at = datetime.now(UTC)
    quarter = wanted.quarter
    since, until = quarter.starts_at, quarter.ends_at
    with runtime.database.tenant(tenant_id) as session:
        evidence.be_patient(session)
        tenant = config.tenant(session)
        slug = tenant.slug if tenant else ""
        bundle = _Zip(archive, f"alertveil-evidence-{slug}-{quarter}", at)
        ways = _inventory(bundle, session, since, until)
        notes = [*_transport(bundle, wanted, ways), *_optins(bundle, session, since, until)]
        _policy(bundle, session, tenant, quarter, wanted)
        _disclosures(bundle, session, since, until)
        notes += _incidents(bundle, session, since, until)
        notes += _access(bundle, session, quarter)
        _keys(bundle, session, since, until)
        _retention(bundle, session, since, until)
        standing = reviews.every(session)
    notes += _reviews(bundle, runtime, tenant_id, [row for row in standing if row.quarter == str(quarter)], quarter)
    fault = _audit(bundle, runtime, tenant_id, wanted)
    if fault is not None:
        notes.insert(0, f"THE AUDIT DOES NOT HOLD: {fault.text}")
    period = (since, min(until, at))
    bundle.put("README.md", paper.readme(slug, str(quarter), period, at, wanted.actor, notes))
    bundle.put("mapping.csv", paper.mapping())
    key = checkpoint.public_key(private)
    bundle.put(paper.KEY, checkpoint.pem(key))
    bundle_id = uuid4()
    bundle.put(paper.MANIFEST, _manifest(bundle, bundle_id, tenant_id, slug, quarter, wanted.actor))
    count = len(bundle.sums)
    sums = "".join(f"{digest}  {path}\n" for path, digest in sorted(bundle.sums.items())).encode()
    bundle.put(paper.SUMS, sums)
    bundle.put(paper.SIGNATURE, Ed25519PrivateKey.from_private_bytes(private).sign(sums))
    return Made(
        bundle_id,
        count,
        hashlib.sha256(sums).hexdigest(),
        checkpoint.fingerprint(key),
        tuple(notes),
        fault,
    )


def _manifest(bundle: _Zip, bundle_id: UUID, tenant_id: UUID, slug: str, quarter: Quarter, actor: str) -> bytes:
    return orjson.dumps(
        {
            "alertveil": "evidence",
            "v": 1,
            "id": str(bundle_id),
            "tenant": slug,
            "tenant_id": str(tenant_id),
            "quarter": str(quarter),
            "from": quarter.starts_at.isoformat(),
            "until": quarter.ends_at.isoformat(),
            "complete": quarter.ends_at <= bundle.at,
            "made_at": bundle.at.isoformat(timespec="seconds"),
            "made_by": actor,
            "version": metadata.version("alertveil"),
            "files": dict(sorted(bundle.sums.items())),
            "pieces": [piece._asdict() for piece in paper.PIECES],
        },
        option=orjson.OPT_INDENT_2,
    )


@dataclass(frozen=True, slots=True)
class _Way:
    row: Row
    where: str
    encrypted: bool | None


def _inventory(bundle: _Zip, session: Session, since: datetime, until: datetime) -> list[_Way]:
    ways = [_way(row) for row in evidence.channels(session, since, until)]
    bundle.table(
        "inventory/channels.csv",
        ("channel", "kind", "vendor", "leads to", "encrypted", "state", "receives", "plaintext types", "opt-in",
         "until", "attempts", "delivered", "plaintext attempts", "tokens disclosed", "caught before the socket",
         "last attempt", "created", "out of use since"),
        [
            (
                way.row.name,
                way.row.kind,
                way.row.vendor,
                way.where,
                way.encrypted,
                "out of use" if way.row.retired_at else "paused" if way.row.paused_at else "in use",
                "plaintext of some types, everything else as tokens" if way.row.optin_id else "tokens",
                way.row.types or (),
                way.row.optin_id,
                way.row.ends_at,
                way.row.attempts,
                way.row.delivered,
                way.row.plain,
                way.row.tokens,
                way.row.caught or 0,
                way.row.last_at,
                way.row.created_at,
                way.row.retired_at,
            )
            for way in ways
        ],
    )  # fmt: skip
    bundle.table(
        "inventory/sources.csv",
        ("source", "format", "state", "created", "out of use since"),
        [
            (
                row.name,
                row.format,
                "out of use" if row.retired_at else "paused" if row.paused_at else "in use",
                row.created_at,
                row.retired_at,
            )
            for row in evidence.sources(session)
        ],
    )
    return ways


def _way(row: Row) -> _Way:
    """Where a channel leads, as its own module says it; of a kind or shape that is no longer known, its kind alone."""
    spec = CHANNELS.get(row.kind)
    if spec is None:
        return _Way(row, row.kind, None)
    try:
        settings = msgspec.convert(row.config, spec.config)
        return _Way(row, spec.describe(settings), spec.encrypted(settings))
    except (msgspec.ValidationError, ValueError):
        return _Way(row, row.kind, None)


def _transport(bundle: _Zip, wanted: Wanted, ways: Sequence[_Way]) -> list[str]:
    hops = [(name, how) for name, how in wanted.hops]
    hops += [
        (
            f"to channel {way.row.name}",
            "TLS always" if way.encrypted else "NOT ENCRYPTED: tokens only" if way.encrypted is False else "not known",
        )
        for way in ways
        if way.row.retired_at is None
    ]
    bundle.table("transport/hops.csv", ("hop", "protection"), hops)
    return [f"Transport {name}: {how}." for name, how in hops if how.startswith(("NOT", "SWITCHED"))]


def _optins(bundle: _Zip, session: Session, since: datetime, until: datetime) -> list[str]:
    rows = [
        row
        for row in optins.every(session, most=1_000_000)
        if row.requested_at < until and (row.over_at is None or row.over_at >= since)
    ]
    bundle.table(
        "optins/optins.csv",
        ("opt-in", "channel", "leads to", "types", "lowest severity", "purpose", "requested by", "requested at",
         "requested through", "approved by", "approved at", "approved through", "from", "until", "state", "since",
         "why", "vendor", "service", "agreement", "break-glass", "single custody"),
        [
            (
                row.optin_id, row.channel, row.destination, row.types, row.lowest_severity, row.purpose,
                row.requested_by, row.requested_at, row.requested_via, row.approved_by, row.approved_at,
                row.approved_via, row.starts_at, row.ends_at, row.state, row.state_at, row.state_reason, row.vendor,
                row.service, row.baa_id, row.break_glass, row.single_custody,
            )
            for row in rows
        ],
    )  # fmt: skip
    bundle.table(
        "optins/baas.csv",
        ("agreement", "vendor", "service", "plan", "counterparty", "signed on", "in force from", "expires",
         "retired", "SHA-256 of the document", "contacts", "sub-processors", "added by", "added at", "channels"),
        [
            (
                row.baa_id, row.vendor, row.service, row.plan, row.counterparty, row.signed_on, row.effective_at,
                row.expires_at, row.retired_at, row.document_hash, row.contacts, row.sub_processors, row.added_by,
                row.added_at, row.falls_back,
            )
            for row in optins.baas(session)
        ],
    )  # fmt: skip
    _events(bundle, "optins/history.csv", evidence.families(session, ("optin", "baa"), since, until))
    notes = [f"Opt-in {row.optin_id} of channel {row.channel} is single-custody." for row in rows if row.single_custody]
    return notes + [f"Glass was broken for channel {row.channel}." for row in rows if row.break_glass]


def _policy(bundle: _Zip, session: Session, tenant: Row | None, quarter: Quarter, wanted: Wanted) -> None:
    if tenant is None:
        return
    facts = [
        ("privacy level", str(tenant.privacy)),
        ("the tenant's own patterns", str(len(tenant.patterns))),
        ("the tenant's safe words", str(len(tenant.safe_words))),
        ("kill switch of the tenant", "on" if tenant.kill_switch else "off"),
        ("configuration version", str(tenant.config_version)),
        ("approvals and reveals through a shell", "ALLOWED" if wanted.host_approvals else "refused"),
        *wanted.hops,
    ]
    bundle.put("policy/policy.md", paper.policy(tenant.slug, facts))
    rows = evidence.config_changes(session, quarter.starts_at, quarter.ends_at)
    bundle.table(
        "policy/config-changes.csv",
        ("version", "at", "by", "changes"),
        [(row.version, row.at, row.actor, row.changes) for row in rows],
    )


def _disclosures(bundle: _Zip, session: Session, since: datetime, until: datetime) -> None:
    columns = (
        "at", "kind", "who", "token", "incident", "purpose", "reason", "grant", "channel", "vendor", "opt-in",
        "agreement", "revision", "attempt",
    )  # fmt: skip
    names = {row.channel_id: row.name for row in evidence.channels(session, since, until)}
    with bundle.stream("disclosures/disclosures.csv") as file:
        file.write(paper.table(columns, ()))
        for rows in disclosures.pages(session, since, until):
            lines = paper.table(
                columns,
                [
                    (
                        row.at, row.kind, row.actor, row.token, short_id(row.incident_id), row.purpose, row.reason,
                        row.grant_id, names.get(row.channel_id, row.channel_id), row.vendor, row.optin_id, row.baa_id,
                        row.revision, row.attempt,
                    )
                    for row in rows
                ],
            )  # fmt: skip
            file.write(lines.partition(b"\r\n")[2])
    _events(bundle, "disclosures/searches.csv", evidence.families(session, ("disclosures",), since, until))
    _events(bundle, "denials/denials.csv", evidence.refusals(session, since, until))


def _incidents(bundle: _Zip, session: Session, since: datetime, until: datetime) -> list[str]:
    rows = evidence.caught(session, since, until)
    bundle.table(
        "incidents/caught-before-the-socket.csv",
        ("at", "incident", "channel", "revision", "attempt", "mode", "findings", "outcome"),
        [
            (row.started_at, short_id(row.incident_id), row.channel, row.revision, row.number, row.mode, row.tripwire,
             row.outcome)
            for row in rows
        ],
    )  # fmt: skip
    first, last = (time_ordered(int(at.timestamp() * 1000), bytes(10)) for at in (since, until))
    bundle.table(
        "incidents/own-alerts.csv",
        ("incident", "opened", "resolved", "status", "severity", "title", "how often"),
        [
            (short_id(row.incident_id), row.opened_at, row.resolved_at, row.status, row.severity, row.title, row.count)
            for row in evidence.own_alerts(session, first, last)
        ],
    )
    switched = evidence.families(session, ("kill_switch", "break_glass", "host"), since, until)
    _events(bundle, "incidents/switches-and-emergencies.csv", switched)
    notes = [f"The last look before the socket found something in {len(rows)} attempts."] if rows else []
    opened = [row for row in switched if row.action == "break_glass.open" and row.decision == "allowed"]
    return notes + [f"The account for emergencies was opened on {row.at:%Y-%m-%d %H:%M} UTC." for row in opened]


def _access(bundle: _Zip, session: Session, quarter: Quarter) -> list[str]:
    access = access_report.of(session, quarter)
    bundle.put("access/access-report.csv", people_csv(access))
    bundle.put("access/access-report.json", orjson.dumps(as_json(access), default=str, option=orjson.OPT_INDENT_2))
    bundle.put("access/roles.md", f"# What each role may do\n\n{roles_table()}".encode())
    bundle.table(
        "access/changes.csv",
        ("at", "user", "step", "roles before", "roles", "by"),
        [(each.at, each.email, each.step, each.roles_before, each.roles, each.by) for each in access.report.changes],
    )
    bundle.table(
        "access/api-tokens.csv",
        ("token", "name", "begins with", "roles", "made by", "made at", "expires", "revoked", "last used"),
        [
            (row.token_id, row.name, row.prefix, row.roles, row.created_by, row.created_at, row.expires_at,
             row.revoked_at, row.used_at)
            for row in access.machines
        ],
    )  # fmt: skip
    families = ("session", "signout", "factor", "token", "user")
    _events(
        bundle,
        "access/sessions-and-factors.csv",
        evidence.families(session, families, quarter.starts_at, quarter.ends_at),
    )
    return [f"{each.email}: {', '.join(each.flags)}." for each in access.report.holders if each.flags and each.active]


def people_csv(access: Access) -> bytes:
    """The access report for a spreadsheet."""
    return paper.table(
        ("user", "kind", "state", "roles", "joined", "left", "last used", "acts", "reveals", "proves it by", "look at"),
        [
            (each.email, each.kind, "active" if each.active else "disabled", each.roles, each.joined_at, each.left_at,
             each.last_used_at, each.acts, each.reveals, each.factors, each.flags)
            for each in access.report.holders
        ],
    )  # fmt: skip


def as_json(access: Access) -> Mapping[str, Any]:
    """The access report for programs."""
    return {
        "id": f"{access.tenant}-{access.quarter}",
        "tenant": access.tenant,
        "quarter": str(access.quarter),
        "from": access.quarter.starts_at,
        "until": access.quarter.ends_at,
        "made_at": access.made_at,
        "by_role": {role: access.report.by_role.get(role, 0) for role in ROLES},
        "users": [_plain(each) for each in access.report.holders],
        "joiners": [_plain(each) for each in access.report.joiners],
        "leavers": [_plain(each) for each in access.report.leavers],
        "changes": [_plain(each) for each in access.report.changes],
        "api_tokens": [
            {
                "id": row.token_id,
                "name": row.name,
                "roles": list(row.roles),
                "created_by": row.created_by,
                "created_at": row.created_at,
                "expires_at": row.expires_at,
                "revoked_at": row.revoked_at,
                "used_at": row.used_at,
            }
            for row in access.machines
        ],
    }  # fmt: skip


def _plain(value: Any) -> dict[str, Any]:  # noqa: ANN401 - a dataclass of values
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _keys(bundle: _Zip, session: Session, since: datetime, until: datetime) -> None:
    bundle.table(
        "keys/keys.csv",
        ("for", "version", "month", "wrapped by", "made", "wrapped anew", "destroyed"),
        [
            (row.purpose, row.version, row.epoch, row.wrapped_by, row.created_at, row.rewrapped_at, row.shredded_at)
            for row in retention.keys(session)
        ],
    )
    _events(bundle, "keys/rotations.csv", evidence.families(session, ("key",), since, until))


def _retention(bundle: _Zip, session: Session, since: datetime, until: datetime) -> None:
    row = retention.state(session)
    count = retention.census(session)
    if row is not None and count is not None:
        facts = (
            ("values are kept for", row.keep_values),
            ("incidents are kept for", row.keep_incidents),
            ("the sweep went through all at", row.pass_ended_at),
            ("incidents removed so far", row.incidents),
            ("entries of the vault removed so far", row.entries),
            ("entries of the vault now", count.entries),
            ("of them with a value", count.sealed),
            ("off-boarded", row.offboarded_at),
        )
        bundle.table("retention/state.csv", ("what", "how"), facts)
    bundle.table(
        "retention/holds.csv",
        ("hold", "incident", "reason", "placed by", "placed at", "lifted by", "lifted at"),
        [
            (row.hold_id, row.incident_id, row.reason, row.placed_by, row.placed_at, row.lifted_by, row.lifted_at)
            for row in retention.holds(session)
        ],
    )
    families = ("retention", "hold", "value", "tenant")
    _events(bundle, "retention/history.csv", evidence.families(session, families, since, until))


def _events(bundle: _Zip, path: str, rows: Sequence[Row]) -> None:
    bundle.table(path, _EVENT, [[getattr(row, name) for name in _EVENT] for row in rows])


def _reviews(bundle: _Zip, runtime: Runtime, tenant_id: UUID, rows: Sequence[Row], quarter: Quarter) -> list[str]:
    """The reviews of the quarter in every form; what is not signed says so."""
    notes = []
    bundle.table(
        "reviews/reviews.csv",
        ("quarter", "kind", "state", "cut-off", "due", "signed by", "signed at", "items", "undecided", "SHA-256"),
        [
            (row.quarter, row.kind, row.state, row.cut_off, row.due_at, row.signed_by, row.signed_at, row.items,
             row.undecided, row.record_sha256)
            for row in rows
        ],
    )  # fmt: skip
    for row in rows:
        try:
            shown = review.show(runtime, tenant_id, quarter, interim=row.kind == "interim")
        except review.Tampered as error:
            notes.append(f"THE {row.kind.upper()} REVIEW DOES NOT HOLD: {error}")
            continue
        for form in review_report.FORMATS:
            bundle.put(f"reviews/{quarter}-{row.kind}.{form}", review_report.render(shown.record, form))
        if row.signed_at is None:
            notes.append(f"The {row.kind} review of {quarter} is not signed; it is {row.state}.")
    if not rows:
        notes.append(f"There is no review of {quarter} yet.")
    return notes


def _audit(bundle: _Zip, runtime: Runtime, tenant_id: UUID, wanted: Wanted) -> Fault | None:
    with bundle.stream(paper.AUDIT) as file:
        done = audit_export.export(runtime, tenant_id, cast("BinaryIO", file), actor=wanted.actor, auth=wanted.auth)
    said = {
        "rows": done.rows,
        "checkpoints": done.checkpoints,
        "holds": done.fault is None,
        "first_bad_row": done.fault.seq if done.fault else None,
        "why": done.fault.text if done.fault else None,
    }
    bundle.put("audit/verification.json", orjson.dumps(said, option=orjson.OPT_INDENT_2))
    return done.fault


def verify(file: BinaryIO, trusted: Trusted | None, files: Files | None) -> Verified:
    """Look at a bundle with nothing but public keys to believe; the key inside it is not believed.

    `files`: this host's own checkpoints, if it has any, against an audit that was cut short.

    Raises:
        NoBundle: it is none.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return _verify(archive, trusted, files)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
        raise NoBundle("It is no zip file, or a damaged one.") from None


def _verify(archive: zipfile.ZipFile, trusted: Trusted | None, files: Files | None) -> Verified:
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    folders = {name.partition("/")[0] for name in names}
    folder = next(iter(folders)) if len(folders) == 1 else ""
    inside = {name.removeprefix(f"{folder}/"): name for name in names}
    for needed in (paper.SUMS, paper.SIGNATURE, paper.MANIFEST):
        if needed not in inside:
            raise NoBundle(f"It is no evidence bundle: it has no {needed}.")
    sums = _read(archive, inside[paper.SUMS])
    faults = list(_signature(sums, _read(archive, inside[paper.SIGNATURE]), trusted))
    listed = dict(_listed(sums))
    if len(names) != len(inside):
        faults.append("A file stands in it twice.")
    faults += [f"{name} is in the bundle and not in its list." for name in sorted(inside.keys() - listed.keys())
               if name not in {paper.SUMS, paper.SIGNATURE}]  # fmt: skip
    faults += [f"{name} is missing." for name in sorted(listed.keys() - inside.keys())]
    faults += [
        f"{name} was changed." for name in sorted(listed.keys() & inside.keys())
        if _hash(archive, inside[name]) != listed[name]
    ]  # fmt: skip
    rows = 0
    if paper.AUDIT in inside and not faults:
        with archive.open(inside[paper.AUDIT]) as source:
            found = audit_export.verify_file(cast("BinaryIO", source), trusted, files)
        rows = found.rows
        if found.fault is not None:
            faults.append(f"The audit in it does not hold: {found.fault.text}")
    said = _said(_read(archive, inside[paper.MANIFEST]))
    return Verified(
        said.get("tenant", ""), said.get("quarter", ""), said.get("made_at", ""), len(listed), rows, tuple(faults)
    )


def _signature(sums: bytes, signature: bytes, trusted: Trusted | None) -> Iterator[str]:
    if not trusted:
        yield "No key to believe was given, and a key that comes with the evidence proves nothing: name one you trust."
        return
    for key in trusted.values():
        try:
            key.verify(signature, sums)
        except InvalidSignature:
            continue
        return
    yield "The list of files is not signed by a key that is trusted here, or was changed after it was signed."


def _listed(sums: bytes) -> Iterator[tuple[str, str]]:
    for line in sums.decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        yield name, digest


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        return file.read(64 << 20)


def _hash(archive: zipfile.ZipFile, name: str) -> str:
    digest, left = hashlib.sha256(), BIGGEST
    with archive.open(name) as file:
        while left > 0 and (block := file.read(1 << 20)):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


def _said(manifest: bytes) -> Mapping[str, str]:
    try:
        found = orjson.loads(manifest)
    except orjson.JSONDecodeError:
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
