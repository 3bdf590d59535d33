"""The evidence bundle on paper: which files it has, what each shows under which rule, and how to check it without us.

Rule texts: 45 CFR Part 164 as of 2025; AICPA TSP section 100 (2017, points of focus 2022) for CC6; ISO/IEC 27001:2022
Annex A; Regulation (EU) 2016/679 Article 32. The table says where a piece helps to show a control, never that the
control is met: that judgement is the auditor's.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from router.reports.review import defused


class Piece(NamedTuple):
    """One part of the bundle: a file or folder, what it shows, and the rules it bears on."""

    path: str
    shows: str
    cfr: str
    soc2: str
    iso: str
    gdpr: str


PIECES: Final = (
    Piece(
        "inventory/",
        "every way in and out, where it leads, what it receives",
        "164.312(e)(1), 164.308(a)(1)(ii)(D)",
        "CC6.1, CC6.7",
        "A.5.9, A.5.14",
        "32(1)(b)",
    ),
    Piece(
        "policy/",
        "the default-deny policy as it is enforced, and every change of the configuration",
        "164.308(a)(4)(i), 164.316(a), 164.316(b)(1)",
        "CC6.1, CC6.8",
        "A.5.15, A.8.9, A.8.32",
        "32(1)(b), 32(4)",
    ),
    Piece(
        "optins/",
        "every plaintext opt-in with purpose, types, requester, approver, end and agreement; every BAA",
        "164.308(a)(4)(ii)(B), 164.308(b)(1), 164.308(b)(3), 164.314(a), 164.502(b), 164.504(e)",
        "CC6.3, CC6.7",
        "A.5.18, A.5.19, A.5.20, A.8.12",
        "32(1)(b), 32(4)",
    ),
    Piece(
        "disclosures/",
        "who was shown which token and where plaintext went, and who searched for that",
        "164.312(b), 164.308(a)(1)(ii)(D), 164.528",
        "CC6.1, CC6.7",
        "A.5.34, A.8.15",
        "32(1)(b)",
    ),
    Piece(
        "denials/",
        "every attempt that was refused, and why",
        "164.312(a)(1), 164.308(a)(1)(ii)(D)",
        "CC6.1, CC6.3",
        "A.8.15, A.8.16",
        "32(1)(d)",
    ),
    Piece(
        "reviews/",
        "the quarterly reviews of the opt-ins: population, decisions, sign-off",
        "164.308(a)(1)(ii)(D), 164.308(a)(4)(ii)(C), 164.308(a)(8)",
        "CC6.2, CC6.3",
        "A.5.18, A.5.36",
        "32(1)(d)",
    ),
    Piece(
        "access/",
        "who held which role, joiners, leavers, last use, ended sessions, API tokens, and what each role may do",
        "164.308(a)(3)(ii)(B), 164.308(a)(3)(ii)(C), 164.308(a)(4)(ii)(C), 164.312(a)(2)(i), 164.312(d)",
        "CC6.1, CC6.2, CC6.3",
        "A.5.15, A.5.16, A.5.17, A.5.18, A.8.2, A.8.5",
        "32(1)(b), 32(4)",
    ),
    Piece(
        "keys/",
        "which keys wrap what, and every rotation",
        "164.312(a)(2)(iv), 164.312(e)(2)(ii)",
        "CC6.1",
        "A.8.24",
        "32(1)(a)",
    ),
    Piece(
        "audit/",
        "the whole audit with its chain, MACs and signed checkpoints, and what verifying it said",
        "164.312(b), 164.312(c)(1), 164.312(c)(2), 164.316(b)(2)(i)",
        "CC6.1, CC6.8",
        "A.5.28, A.5.33, A.8.15",
        "32(1)(b), 32(1)(d)",
    ),
    Piece(
        "transport/",
        "how each hop is protected on the way, with what was switched off",
        "164.312(e)(1), 164.312(e)(2)(i), 164.312(e)(2)(ii)",
        "CC6.6, CC6.7",
        "A.5.14, A.8.20, A.8.24",
        "32(1)(a)",
    ),
    Piece(
        "incidents/",
        "what the last look before the socket caught, unusual reveals, emergencies and the kill switch",
        "164.308(a)(6)(ii), 164.312(a)(2)(ii)",
        "CC6.6, CC6.8",
        "A.5.24, A.5.26, A.8.12, A.8.16",
        "32(1)(b), 32(1)(c)",
    ),
    Piece(
        "retention/",
        "what was removed when its time was over, what is held, what was erased on request",
        "164.316(b)(2)(i), 164.310(d)(2)(i)",
        "CC6.5",
        "A.5.33, A.8.10",
        "32(1)(b)",
    ),
)

ABSENT: Final = (
    ("The risk analysis and the risk management plan", "164.308(a)(1)(ii)(A) and (B)"),
    ("Signed copies of the BAAs; the bundle has their hashes, so a copy can be matched", "164.504(e)"),
    ("The record of the last restore test of database and keystore", "164.308(a)(7)(ii)(B) and (D)"),
    ("Training and sanction records of the people in the access report", "164.308(a)(5), 164.308(a)(1)(ii)(C)"),
    ("Logs of the key service that wraps the keys, if one is used: they are the second witness", "164.312(b)"),
)
"""What an auditor asks for beside the bundle and Alertveil cannot know, with its citation."""

SUMS: Final = "SHA256SUMS"
SIGNATURE: Final = "SHA256SUMS.sig"
KEY: Final = "public-key.pem"
MANIFEST: Final = "manifest.json"
AUDIT: Final = "audit/audit.jsonl"

CHECK: Final = """\
import hashlib, pathlib, sys
from cryptography.hazmat.primitives.serialization import load_pem_public_key

bundle, key = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])  # the unpacked folder, the key you trust
sums = (bundle / "SHA256SUMS").read_bytes()
load_pem_public_key(key.read_bytes()).verify((bundle / "SHA256SUMS.sig").read_bytes(), sums)
listed = dict(reversed(line.split("  ", 1)) for line in sums.decode().splitlines())
found = {str(p.relative_to(bundle)) for p in bundle.rglob("*") if p.is_file()} - {"SHA256SUMS", "SHA256SUMS.sig"}
assert found == set(listed), "files were added or removed"
for name, digest in listed.items():
    assert hashlib.sha256((bundle / name).read_bytes()).hexdigest() == digest, name
print(len(listed), "files, signed and unchanged")
"""


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows as CSV (RFC 4180) in which no cell is a formula; times in UTC, lists by semicolons."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([defused(cell(value)) for value in row] for row in rows)
    return out.getvalue().encode()


def cell(value: object) -> str:
    """A value as a cell says it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Mapping):
        return "; ".join(f"{name}={cell(each)}" for name, each in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return "; ".join(map(cell, value))
    return str(value)


def mapping() -> bytes:
    """Piece by rule, for a spreadsheet."""
    head = ("piece", "what it shows", "45 CFR 164", "SOC 2 CC6", "ISO 27001:2022 Annex A", "GDPR Article 32")
    return table(head, PIECES)


def readme(
    tenant: str, quarter: str, period: tuple[datetime, datetime], made_at: datetime, by: str, notes: Sequence[str]
) -> bytes:
    """What a person reads first. `notes`: what stands out about this installation, a sentence each."""
    rules = "\n".join(f"| `{p.path}` | {p.shows} | {p.cfr} | {p.soc2} | {p.iso} | {p.gdpr} |" for p in PIECES)
    absent = "\n".join(f"- {what} ({cite})" for what, cite in ABSENT)
    said = "\n".join(f"- {note}" for note in notes) or "- Nothing."
    return f"""\
# Evidence of an alert pipeline: {tenant}, {quarter}

Tenant `{tenant}`, {cell(period[0])} to {cell(period[1])}, made {cell(made_at)} by {by}.
No file here holds a patient's data: values are tokens such as `<EMAIL_7K2M4QXW9R>`, reasons were tokenized before they
were kept, and the keys that open tokens are not in it. Alerts are tokenized and PHI-minimised; that is a protection,
and no claim of de-identification under 164.514.

## What stands out
{said}

## How to verify it without us
Get the public key from the organisation by another way than this file (they print it with `alertveil audit key`, and
keep it where nobody who could change this evidence can change it). `{KEY}` here is a copy for comparing: a key that
came with the evidence proves nothing. Then, in the unpacked folder:

```
openssl pkeyutl -verify -pubin -inkey /path/to/trusted-key.pem -rawin -in {SUMS} -sigfile {SIGNATURE}
sha256sum --check --strict {SUMS}
```

The first says who signed the list of files, the second that no listed file was changed. That no file was added or
removed is checked by this page of Python too, which needs the package `cryptography` only:

```python
{CHECK}```

`{AUDIT}` verifies by itself as well, event by event: each line carries its place in a hash chain, checkpoints signed
with the same key stand between them, and the last line signs the end. Where Alertveil is installed,
`alertveil evidence verify FILE --public-key KEY` does all of this and exits 3 at the first thing that does not hold.

## What is in it, and which rule each piece bears on
| piece | what it shows | 45 CFR 164 | SOC 2 CC6 | ISO 27001:2022 Annex A | GDPR Article 32 |
|---|---|---|---|---|---|
{rules}

`mapping.csv` is the same table for a spreadsheet. The columns say where a piece helps to show a control; whether the
control is met is the auditor's judgement.

## What it cannot have
Ask the organisation for these; Alertveil does not hold them.

{absent}
""".encode()


def policy(tenant: str, facts: Sequence[tuple[str, str]]) -> bytes:
    """The default-deny policy in words, and what of it is set how for this tenant."""
    told = "\n".join(f"| {name} | {what} |" for name, what in facts)
    return f"""\
# Policy on what leaves Alertveil: {tenant}

1. **Default deny.** Every channel gets tokens. No opt-in, an expired, suspended or revoked one, a lapsed agreement, an
   error while deciding, or a kill switch: tokens. It is decided at the render of every attempt, never earlier.
2. **Plaintext needs two persons** (the database refuses otherwise), names single token types, one destination by its
   identity, a lowest severity, a purpose and an agreement in force, and ends at the close of the next quarterly review.
3. **A secret is never opened**, for nobody.
4. **Always tokens, even opted in:** mail subjects and preheaders, fallback texts, summaries, keys, URLs, headers, logs.
5. **A reveal by a person** needs a role (responder, operator or privacy officer), a token that was made by sealing an
   alert of that incident, a reason, and a fresh sign-in; it is granted, committed, and only then opened. A day after
   its end an incident is open to privacy officers only.
6. **What is undecided when a review closes** falls back to tokens.
7. **Audit is append-only**, chained, and signed with a key that the database does not hold; kept six years.

## As it is set here
| what | how |
|---|---|
{told}
""".encode()
