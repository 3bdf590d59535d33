"""Synthetic PHI goes through a tenant's rules, and what came out is stated and signed, for whoever must believe it.

The values are made anew each time from a seed that the statement names, so nothing can be fitted to them. They belong
to nobody: telephone numbers of the 555-01 range, addresses under reserved domains (RFC 2606), numbers never issued.
"""

from __future__ import annotations

import base64
import binascii
import json
import random
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from router.core import checkpoint
from router.core.audit import Event
from router.flow import snapshot
from router.flow.audit_files import Files
from router.flow.audit_keep import signing_key
from router.privacy.rules import Rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import ThrowawayMint
from router.runtime import Runtime
from router.store import incidents

KIND: Final = "scrub-verification"
"""What the statement says it is, so that no other statement signed with this key can pass for it."""
ROUNDS: Final = 3
_TELLING: Final = 5  # letters by which a part of a name is known

_GIVEN: Final = ("Zebulon", "Philomena", "Thaddeus", "Wilhelmina", "Cornelius", "Araminta")
_FAMILY: Final = ("Quackenbush", "Featherstonehaugh", "Vanderbilt", "Abernathy", "Wojciechowski", "Okonkwo")
_STREETS: Final = ("Thistledown Lane", "Bramblewood Avenue", "Larkspur Court")

Make = Callable[[random.Random], str]


def _digits(chance: random.Random, count: int) -> str:
    return str(chance.randint(1, 9)) + "".join(str(chance.randint(0, 9)) for _ in range(count - 1))


VALUES: Final[Mapping[str, tuple[str, Make]]] = {
    "PERSON": ("patient_name", lambda c: f"{c.choice(_GIVEN)} {c.choice(_FAMILY)}"),
    "EMAIL": ("email", lambda c: f"{c.choice(_FAMILY).lower()}{c.randint(10, 99)}@example.org"),
    "PHONE": ("phone", lambda c: f"({c.randint(201, 989)}) 555-01{c.randint(10, 99)}"),
    "FAX": ("fax_number", lambda c: f"{c.randint(201, 989)}-555-01{c.randint(10, 99)}"),
    "SSN": ("ssn", lambda c: f"{c.randint(100, 599)}-{c.randint(10, 99)}-{c.randint(1000, 9999)}"),
    "MRN": ("mrn", lambda c: f"MRN-{_digits(c, 8)}"),
    "MEMBER_ID": ("member_id", lambda c: f"MBR{_digits(c, 9)}"),
    "ACCOUNT": ("account_number", lambda c: _digits(c, 12)),
    "DOB": ("date_of_birth", lambda c: f"19{c.randint(30, 99)}-0{c.randint(1, 9)}-{c.randint(10, 28)}"),
    "ADDRESS": ("street_address", lambda c: f"{c.randint(100, 9999)} {c.choice(_STREETS)}"),
    "IP": ("patient_ip", lambda c: f"203.0.113.{c.randint(1, 254)}"),
    "PATIENT_ID": ("patient_id", lambda c: f"P{_digits(c, 7)}"),
    "LICENSE": ("license_number", lambda c: f"D{_digits(c, 8)}"),
    "VIN": ("vin", lambda c: f"1HGCM82633A{_digits(c, 6)}"),
    "DEVICE_ID": ("device_serial", lambda c: f"SN-{_digits(c, 9)}"),
    "SECRET": ("password", lambda c: f"hunter{_digits(c, 6)}x"),
}
"""Type -> (the key it stands under, how one is made). Letters of 45 CFR 164.514(b)(2)(i), and a credential."""

Carrier = Callable[[str, str], Any]
CARRIERS: Final[Mapping[str, Carrier]] = {
    "a JSON field": lambda key, value: {"event": "intake failed", key: value},
    "a nested field": lambda key, value: {"context": {"request": {"body": {key: value}}}},
    "a name and value pair": lambda key, value: {"fields": [{"name": key, "value": value}]},
    "JSON in a string": lambda key, value: {"message": json.dumps({"status": "failed", key: value})},
    "a sentence": lambda key, value: {"message": f"Intake failed, {key.replace('_', ' ')}: {value} was refused"},
    "logfmt": lambda key, value: {"message": f'level=error msg="intake failed" {key}="{value}" status=500'},
    "a URL": lambda key, value: {"url": f"https://app.example.org/intake?page=2&{key}={quote(value)}"},
    "a database error": lambda key, value: {
        "message": f'duplicate key value violates unique constraint "patients_{key}_key" DETAIL: Key ({key})=({value})'
        " already exists."
    },
    "base64": lambda key, value: {"payload": base64.b64encode(json.dumps({key: value}).encode()).decode()},
    "a field and a sentence": lambda key, value: {key: value, "message": f"could not store {value} in time"},
}
"""Where a value stands in an alert."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What was put in and what came out, and the signature over `text`. `came_out` counts by (type, carrier)."""

    text: bytes
    signature: bytes
    samples: int
    came_out: Mapping[tuple[str, str], int]
    level: str
    at: datetime

    def line(self) -> bytes:
        """The statement as a file of one line."""
        return orjson.dumps({"statement": self.text.decode(), "signature": base64.b64encode(self.signature).decode()})


class NotSigned(Exception):  # noqa: N818 - what it is
    """A statement is not what a trusted key signed. The text says in what way."""


class NoTenant(Exception):  # noqa: N818 - the answer
    """There is no such tenant."""


def run(rules: Rules, seed: int) -> tuple[int, Counter[tuple[str, str]]]:
    """(samples, how often a value of a type came out of a carrier); pure but for the throw-away tokens."""
    chance = random.Random(seed)  # noqa: S311 - made-up values, not secrets
    samples = 0
    came_out: Counter[tuple[str, str]] = Counter()
    for _ in range(ROUNDS):
        for kind, (key, make) in VALUES.items():
            for carrier, carry in CARRIERS.items():
                value = make(chance)
                event = tokenize(carry(key, value), rules, {}, ThrowawayMint()).event
                samples += 1
                if readable(value, event):
                    came_out[kind, carrier] += 1
    return samples, came_out


def readable(value: str, event: Any) -> bool:  # noqa: ANN401 - JSON
    """Can the value still be read in the event: as it stands, percent-encoded, in base64, or in a part of a name."""
    text = json.dumps(event, ensure_ascii=False)
    texts = [text, *_unpacked(event)]
    parts = {part for part in value.split() if len(part) >= _TELLING} if " " in value else set()
    wanted = {value, quote(value)} | parts
    return any(each in candidate or each.lower() in candidate.lower() for each in wanted for candidate in texts)


def _unpacked(event: Any) -> list[str]:  # noqa: ANN401 - JSON
    found: list[str] = []
    for each in event.values() if isinstance(event, dict) else ():
        if isinstance(each, str):
            try:
                found.append(base64.b64decode(each, validate=True).decode("utf-8", "replace"))
            except (binascii.Error, ValueError):
                continue
    return found


def verify(runtime: Runtime, tenant_id: UUID, *, actor: str, seed: int | None = None) -> Statement:
    """Run synthetic PHI through the tenant's rules as they stand, and sign what came out. Audited.

    Raises:
        NoTenant: see there.
        KeystoreDown: the signing key cannot be opened.
        DatabaseDown: nothing was stated.
    """
    chosen = secrets.randbits(48) if seed is None else seed
    with runtime.database.tenant(tenant_id) as session:
        held = snapshot.load(session)
        moment = incidents.moment(session)
    if held is None or moment is None:
        raise NoTenant("There is no such tenant.")
    samples, came_out = run(held.rules, chosen)
    private = signing_key(runtime, Files(runtime.data_dir))
    key = Ed25519PrivateKey.from_private_bytes(private)
    text = orjson.dumps(
        {
            "at": moment.now.isoformat(),
            "came_out": [
                {"type": kind, "in": carrier, "times": times} for (kind, carrier), times in sorted(came_out.items())
            ],
            "carriers": list(CARRIERS),
            "engine": metadata.version("alertveil"),
            "key": checkpoint.fingerprint(key.public_key()),
            "kind": KIND,
            "level": held.rules.level,
            "rules": held.rules.version,
            "samples": samples,
            "seed": chosen,
            "tenant": held.slug,
            "types": list(VALUES),
            "v": 1,
        }
    )
    with runtime.database.tenant(tenant_id) as session:
        runtime.audit.write(
            session,
            tenant_id,
            Event(
                "scrub.verify",
                actor,
                f"tenant:{tenant_id}",
                details={"samples": samples, "came_out": sum(came_out.values()), "version": held.version},
            ),
        )
    return Statement(text, key.sign(text), samples, dict(came_out), held.rules.level, moment.now)


def check(line: bytes, trusted: Mapping[str, Ed25519PublicKey]) -> dict[str, Any]:
    """What a trusted key signed; works without an instance. Raises NotSigned."""
    try:
        found = orjson.loads(line)
        text = found["statement"].encode()
        signature = base64.b64decode(found["signature"], validate=True)
        said = orjson.loads(text)
        key = trusted.get(said["key"])
        kind = said["kind"]
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise NotSigned("This is no statement that `alertveil scrub --verify` wrote.") from None
    if kind != KIND:
        raise NotSigned("This is a statement about something else.")
    if key is None:
        raise NotSigned("The statement is signed with a key that is not trusted here.")
    try:
        key.verify(signature, text)
    except InvalidSignature:
        raise NotSigned("The signature does not fit: the statement was changed after it was signed.") from None
    stated: dict[str, Any] = said
    return stated
