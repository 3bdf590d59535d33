"""How far a chain had come at a moment, signed with a key that the database does not hold (Ed25519, RFC 8032).

A checkpoint is a line of JSON: `statement`, itself canonical JSON as text, and `signature`, base64 over its bytes. Its
kinds: `checkpoint` (the chain had come to row `seq`), `start` (rows up to `seq` are past their retention, the chain
starts after them), `export` (the export ends here, and is whole).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, Protocol, TypeAlias
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from router.core.audit import moment

Kind = Literal["checkpoint", "start", "export"]
KINDS: Final[frozenset[str]] = frozenset({"checkpoint", "start", "export"})

Trusted: TypeAlias = Mapping[str, Ed25519PublicKey]
"""Public keys by their fingerprint."""

_PEM_END: Final = b"-----END PUBLIC KEY-----"


class Place(Protocol):
    """Where checkpoints are taken, out of this host's reach."""

    name: str

    def put(self, name: str, line: bytes) -> None:
        """Keep one checkpoint under a name. Raises if it did not arrive."""


class NotSigned(Exception):  # noqa: N818 - what it is
    """A checkpoint is not what a trusted key signed. The text says in what way."""


class NoKey(Exception):  # noqa: N818
    """A file holds no Ed25519 public key."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed statement; `hash` is the chain's at row `seq`."""

    kind: Kind
    tenant_id: UUID
    seq: int
    hash: bytes
    at: datetime
    statement: bytes
    signature: bytes


def sign(private: bytes, kind: Kind, tenant_id: UUID, seq: int, hashed: bytes, at: datetime) -> Checkpoint:
    """A statement about a chain under the private key (32 bytes)."""
    key = Ed25519PrivateKey.from_private_bytes(private)
    statement = orjson.dumps(
        {
            "at": moment(at),
            "hash": hashed.hex(),
            "key": fingerprint(key.public_key()),
            "kind": kind,
            "seq": seq,
            "tenant": str(tenant_id),
            "v": 1,
        }
    )
    return Checkpoint(kind, tenant_id, seq, hashed, at, statement, key.sign(statement))


def check(statement: bytes, signature: bytes, trusted: Trusted) -> Checkpoint:
    """What a trusted key signed. Raises NotSigned."""
    try:
        said = orjson.loads(statement)
        key = trusted.get(said["key"])
        made = Checkpoint(
            kind=said["kind"],
            tenant_id=UUID(said["tenant"]),
            seq=int(said["seq"]),
            hash=bytes.fromhex(said["hash"]),
            at=datetime.fromisoformat(said["at"]).astimezone(UTC),
            statement=statement,
            signature=signature,
        )
    except (ValueError, KeyError, TypeError):
        raise NotSigned("it is not the statement of a checkpoint") from None
    if made.kind not in KINDS:
        raise NotSigned("it is a statement of a kind that this version does not know")
    if key is None:
        raise NotSigned("it is signed with a key that is not trusted here")
    try:
        key.verify(signature, statement)
    except InvalidSignature:
        raise NotSigned("its signature does not fit: it was changed after it was signed") from None
    return made


def line(checkpoint: Checkpoint) -> bytes:
    """The checkpoint as a line of a file, without its end."""
    return orjson.dumps(
        {
            "statement": checkpoint.statement.decode(),
            "signature": base64.b64encode(checkpoint.signature).decode(),
        }
    )


def unpack(text: bytes) -> tuple[bytes, bytes]:
    """(statement, signature) of a line, nothing checked yet. Raises NotSigned."""
    try:
        found = orjson.loads(text)
        return found["statement"].encode(), base64.b64decode(found["signature"], validate=True)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise NotSigned("it is no line of checkpoints") from None


def fingerprint(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the key's 32 bytes."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def public_key(private: bytes) -> Ed25519PublicKey:
    """The public half."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key()


def pem(key: Ed25519PublicKey) -> bytes:
    """The key as `openssl` reads it (SubjectPublicKeyInfo, RFC 8410)."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def trusted(text: bytes) -> dict[str, Ed25519PublicKey]:
    """The public keys of a file: one PEM block, or several one after the other. Raises NoKey."""
    found = {}
    for block in text.split(_PEM_END)[:-1]:
        try:
            key = load_pem_public_key(block.lstrip() + _PEM_END + b"\n")
        except (ValueError, TypeError):
            raise NoKey("A public key cannot be read: it must be Ed25519, in PEM.") from None
        if not isinstance(key, Ed25519PublicKey):
            raise NoKey("A public key is not Ed25519.")
        found[fingerprint(key)] = key
    if not found:
        raise NoKey("There is no public key in it: it must hold one in PEM, as `audit-public-key.pem` does.")
    return found
