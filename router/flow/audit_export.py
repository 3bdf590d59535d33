"""A tenant's audit as one file that verifies without us: rows, their checkpoints between them, and a signed end.

A line of JSON each. The first says whose it is and where the chain starts; a row's line is
`{"event", "hash", "mac", "seq"}`; a checkpoint's `{"signature", "statement"}`; the last is one of kind `export`,
without which the file was cut. `docs/audit.md` shows how to check it with a page of Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from uuid import UUID

import orjson

from router.core import checkpoint
from router.core.audit import INSTANCE, Event, Fault, Row, Sealed, Walk
from router.core.checkpoint import Checkpoint, NotSigned, Trusted
from router.flow import audit_keep
from router.flow.audit_files import Files
from router.flow.audit_verify import Anchors, Claim, Found, opened, rows
from router.runtime import Runtime
from router.store import audit

FORMAT: Final = "alertveil audit export"
LONGEST: Final = 4 * 1024 * 1024
"""Bytes that a line may have; no event comes near it."""

_DIGEST: Final = re.compile("[0-9a-f]{64}")


class NotAnExport(Exception):  # noqa: N818 - the answer
    """The file cannot be one of our exports. The text says why."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What went into an export. With a `fault` it has no signed end, because what is stored does not hold."""

    rows: int
    checkpoints: int
    fault: Fault | None


def export(runtime: Runtime, tenant_id: UUID, target: BinaryIO, *, actor: str, auth: str = "") -> Exported:
    """Write a chain to `target`, row by row, and sign its end; that it is exported is itself an event in it.

    What is stored is verified on the way. What does not hold is written all the same, as evidence, and not signed.

    Raises:
        KeystoreDown: nothing can be signed.
        DatabaseDown: the database does not answer.
        OSError: the target cannot be written.
    """
    whose = f"tenant:{tenant_id}" if tenant_id != INSTANCE else "installation"
    with runtime.database.tenant(tenant_id) as session:
        runtime.audit.write(session, tenant_id, Event("audit.export", actor, whose, auth=auth))
    audit_keep.chain(runtime)
    private = audit_keep.signing_key(runtime, Files(runtime.data_dir))
    chain = opened(runtime, tenant_id, audit_keep.own_trust(private))
    head = {
        "alertveil": FORMAT,
        "v": 1,
        "tenant": str(tenant_id),
        "slug": chain.slug,
        "after": chain.walk.seq,
        "start": orjson.Fragment(checkpoint.line(chain.start)) if chain.start else None,
        "public_key": checkpoint.pem(checkpoint.public_key(private)).decode(),
    }
    target.write(orjson.dumps(head) + b"\n")
    chain.anchors.believed = lambda made: _write(target, checkpoint.line(made))
    fault = chain.anchors.confirm(chain.walk, chain.found)
    for row in rows(runtime, tenant_id, chain.walk.seq, chain.upto):
        _write(target, _row(row))
        if fault is None:
            fault = chain.walk.step(row)
            if fault is None and chain.anchors.seq == chain.walk.seq:
                fault = chain.anchors.confirm(chain.walk, chain.found)
    fault = fault or chain.anchors.beyond(chain.walk)
    if fault is None:
        with runtime.database.tenant(tenant_id) as session:
            at = audit.now(session)
        _write(
            target, checkpoint.line(checkpoint.sign(private, "export", tenant_id, chain.walk.seq, chain.walk.hash, at))
        )
    return Exported(chain.walk.seq - chain.found.first + 1, chain.found.checkpoints, fault)


def verify_file(source: BinaryIO, trusted: Trusted | None, files: Files | None) -> Found:
    """Look at an export, with nothing but public keys to believe; a key that only the export carries is not believed.

    `files`: this host's own checkpoints, if it has any: an export that ends before one made earlier was cut.

    Raises:
        NotAnExport: its first line is not an export's.
        OSError: it cannot be read.
    """
    lines = _Lines(source)
    tenant_id, slug, after, start = lines.head()
    found = Found(tenant_id, slug, after + 1, after)
    if trusted is None:
        text = "The export carries a key, and a key that comes with the evidence proves nothing: name one you trust."
        found.fault = Fault("unsigned", None, None, text)
        return found
    walk = Walk(tenant_id)
    if after:
        made = _start(start, tenant_id, after, trusted)
        if made is None:
            found.fault = Fault("missing", 1, None, f"Rows 1 to {after} are missing, and no signed start says why.")
            return found
        walk = Walk(tenant_id, made.seq, made.hash)
    found.fault = _walk(lines, walk, trusted, files, found)
    return found


def _walk(lines: _Lines, walk: Walk, trusted: Trusted, files: Files | None, found: Found) -> Fault | None:
    """All lines after the first; the first thing that is wrong."""
    end = None
    for item in lines:
        if isinstance(item, Fault):
            return item
        if end is not None:
            return Fault("moved", walk.seq + 1, None, "Something stands after the export's signed end.")
        if isinstance(item, Claim):
            anchors = Anchors([item], found.tenant_id, trusted)
            fault = anchors.confirm(walk, found) or anchors.beyond(walk)
            if fault is not None:
                return fault
            if item.seq != walk.seq:
                return Fault(
                    "moved", walk.seq + 1, None, f"A checkpoint of row {item.seq} stands after row {walk.seq}."
                )
            made = checkpoint.check(item.statement, item.signature, trusted)
            end = made if made.kind == "export" else None
            continue
        fault = walk.step(item)
        if fault is not None:
            return fault
        found.last = walk.seq
    if end is None:
        text = f"The export has no signed end: what follows row {walk.seq} was cut off."
        return Fault("cut off", walk.seq + 1, None, text)
    return _against(files, walk, end, trusted) if files is not None else None


def _against(files: Files, walk: Walk, end: Checkpoint, trusted: Trusted) -> Fault | None:
    """What this host's own checkpoints say of an export that claims to be whole at a moment."""
    for line in files.kept(files.mark(end.tenant_id)):
        try:
            made = checkpoint.check(*checkpoint.unpack(line.text), trusted)
        except NotSigned:
            continue  # this host's files are judged by `verify` without a file
        if made.at <= end.at and made.seq > walk.seq:
            return walk.cut(made.seq, made.at)
    return None


def _start(line: Any, tenant_id: UUID, after: int, trusted: Trusted) -> Checkpoint | None:  # noqa: ANN401 - JSON
    try:
        made = checkpoint.check(*checkpoint.unpack(orjson.dumps(line)), trusted)
    except NotSigned:
        return None
    return made if (made.kind, made.tenant_id, made.seq) == ("start", tenant_id, after) else None


def _row(row: Row) -> bytes:
    shown = {
        "event": orjson.Fragment(row.event.form) if row.event is not None else None,
        "hash": row.hash.hex(),
        "mac": row.event.mac.hex() if row.event is not None else None,
        "seq": row.seq,
    }
    return orjson.dumps(shown)


def _write(target: BinaryIO, line: bytes) -> None:
    target.write(line + b"\n")


class _Lines:
    """An export's lines, one at a time; nothing of them is believed here."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._tenant = ""
        self._seq = 0

    def head(self) -> tuple[UUID, str, int, Any]:
        """Whose it is, its slug, after which row it starts, and what says so. Raises NotAnExport."""
        try:
            said = orjson.loads(self._source.readline(LONGEST))
            if said["alertveil"] != FORMAT or said["v"] != 1:
                raise NotAnExport("It is an export of a version that this one does not know.")
            self._tenant = str(UUID(said["tenant"]))
            self._seq = int(said["after"])
            return UUID(said["tenant"]), str(said["slug"]), self._seq, said["start"]
        except (ValueError, KeyError, TypeError):
            raise NotAnExport(
                "It is no export of `alertveil audit export`, or a damaged one: its first line says nothing of it."
            ) from None

    def __iter__(self) -> Iterator[Row | Claim | Fault]:
        number = 1
        while line := self._source.readline(LONGEST):
            number += 1
            try:
                said = orjson.loads(line)
                if "statement" in said:
                    statement, signature = checkpoint.unpack(line)
                    yield Claim(int(orjson.loads(statement)["seq"]), statement, signature, f"line {number}")
                else:
                    yield self._row(said)
            except (NotSigned, ValueError, KeyError, TypeError):
                text = f"Line {number}, after row {self._seq}, cannot be read as what an export holds."
                yield Fault("changed", self._seq + 1, None, text)
                return

    def _row(self, said: Any) -> Row:  # noqa: ANN401 - JSON
        seq, event = said["seq"], said["event"]
        if not isinstance(seq, int) or not _DIGEST.fullmatch(said["hash"]):
            raise ValueError
        sealed = None
        if event is not None:
            if event["tenant"] != self._tenant or not _DIGEST.fullmatch(said["mac"]):
                raise ValueError
            sealed = Sealed(orjson.dumps(event, option=orjson.OPT_SORT_KEYS), bytes.fromhex(said["mac"]), 0)
        self._seq = seq
        return Row(seq, str(event["id"]) if event else "", bytes.fromhex(said["hash"]), b"", 0, sealed)
