"""A quarterly review as what an auditor is handed: one record in; page, PDF, HTML, CSV and JSON out, with one hash.

The hash is SHA-256 over the record's canonical form (`router.core.review.canonical`). Every format names it, the JSON
carries the record it is over, and the audit log holds it in the event `review.sign`.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

import msgspec

from router.core.review import SCHEMA, Record, Snapshot, sha256
from router.reports import review_document
from router.reports.document import Document

FORMATS: Final = ("pdf", "csv", "json", "html")

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet may take for a formula (OWASP, CSV Injection; full-width forms included)."""


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What the JSON format holds: the record, and the SHA-256 of its canonical form in hex."""

    sha256: str
    record: Record


def render(record: Record, form: str) -> bytes:
    """The record as one of FORMATS."""
    if form == "json":
        return as_json(record)
    if form == "csv":
        return as_csv(record)
    if form == "html":
        from router.reports import html  # noqa: PLC0415 - workers know reviews and render none

        return html.render(document(record)).encode()
    from router.reports import pdf  # noqa: PLC0415 - the compiler is large, and most processes never need it

    return pdf.render(document(record))


def digest(record: Record) -> str:
    """The one hash, in hex."""
    return sha256(plain(record))


def plain(record: Record) -> dict[str, Any]:
    """The record as dictionaries, lists, text, whole numbers and booleans."""
    made: dict[str, Any] = msgspec.to_builtins(record)
    return made


def frozen(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as plain data."""
    made: dict[str, Any] = msgspec.to_builtins(snapshot)
    return made


def load(text: str | bytes) -> Record:
    """The record out of its canonical form. Raises msgspec.ValidationError."""
    return msgspec.json.decode(text, type=Record)


def as_json(record: Record) -> bytes:
    """The record with its hash, indented, as docs/schemas/review.schema.json describes it."""
    whole = {"sha256": digest(record), "record": plain(record)}
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the JSON format."""
    made = msgspec.json.schema(Export)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "Alertveil quarterly review, version 1",
        **made,
    }


def load_snapshot(text: str | bytes) -> Snapshot:
    """A snapshot out of its canonical form. Raises msgspec.ValidationError."""
    return msgspec.json.decode(text, type=Snapshot)


def document(record: Record) -> Document:
    """The report, complete, as page, PDF and HTML show it."""
    return review_document.document(record, digest(record))


# --- CSV ---------------------------------------------------------------------------------------------------------

_COLUMNS: Final = (
    "review_id", "tenant", "quarter", "kind", "state", "cut_off", "record_sha256", "number", "optin_id", "channel",
    "channel_kind", "vendor", "destination", "types", "lowest_severity", "purpose", "baa", "baa_ends_on", "requester",
    "approver", "starts_at", "ends_at", "optin_state", "ended_at", "ended_because", "break_glass", "single_custody",
    "deliveries", "tokens", "last_used_at", "flags", "reviewer", "decision", "decision_reason", "decided_by",
    "decided_at", "effect",
)  # fmt: skip


def as_csv(record: Record) -> bytes:
    """One line an opt-in (one empty line of items when there is none), every line with the hash; RFC 4180, UTF-8.

    A cell that a spreadsheet could run as a formula gets an apostrophe before it.
    """
    snapshot, latest = record.snapshot, record.latest
    head = {
        "review_id": snapshot.review_id,
        "tenant": snapshot.tenant,
        "quarter": snapshot.quarter,
        "kind": snapshot.kind,
        "state": record.state,
        "cut_off": snapshot.cut_off,
        "record_sha256": digest(record),
    }
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, _COLUMNS, restval="", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    for number, item in enumerate(snapshot.items, 1):
        decision = latest.get(item.optin_id)
        fields = msgspec.to_builtins(item)
        row = {
            **head,
            **{name: fields[name] for name in _COLUMNS if name in fields and name not in head},
            "number": number,
            "types": " ".join(item.types),
            "optin_state": item.state,
            "break_glass": "yes" if item.break_glass else "no",
            "single_custody": "yes" if item.single_custody else "no",
            "flags": "; ".join(item.flags),
        }
        if decision is not None:
            row |= {
                "decision": decision.verdict,
                "decision_reason": decision.reason,
                "decided_by": decision.decided_by,
                "decided_at": decision.at,
                "effect": decision.effect,
            }
        writer.writerow({name: defused(str(value)) for name, value in row.items()})
    if not snapshot.items:
        writer.writerow(head)
    return out.getvalue().encode()


def defused(cell: str) -> str:
    """The cell so that no spreadsheet runs it."""
    if cell.lstrip(" \u00a0").startswith(_DANGEROUS):
        return "'" + cell
    return cell
