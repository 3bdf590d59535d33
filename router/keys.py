"""Holds the keys: a keystore outside the database wraps each tenant's own, and only this module sees them open."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Mapping
from typing import Final, Literal
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from router.keystores import (
    NONCE,
    CannotRotate,
    FileKeystore,
    IntegrityFailure,
    Keystore,
    KeystoreDown,
    Wrapped,
    decrypt,
    encrypt,
    init_file,
    is_file,
    open_keystore,
)

__all__ = [
    "NONCE",
    "OPEN_AGAIN",
    "PURPOSES",
    "CannotRotate",
    "FileKeystore",
    "IntegrityFailure",
    "Keystore",
    "KeystoreDown",
    "Purpose",
    "Ring",
    "Shredded",
    "TenantKeys",
    "Wrapped",
    "init_file",
    "is_file",
    "open_keystore",
    "wrap_context",
]

Purpose = Literal["value", "data", "index"]
PURPOSES: Final[tuple[Purpose, ...]] = ("value", "data", "index")
"""value: seals what the tokenizer took out, a new one each month. data: seals what the configuration keeps. index:
makes blind indexes."""

READ_AGAIN: Final = 60.0
"""Seconds after which a process reads again which versions there are: a destroyed key is forgotten so soon."""

OPEN_AGAIN: Final = 900.0
"""Seconds after which a process has the keystore open every key again: so soon bites a right that was taken away."""


class Shredded(KeystoreDown):
    """The tenant was off-boarded: its keys are destroyed, and nothing of it opens again."""

    def __init__(self) -> None:
        super().__init__("This tenant was off-boarded: its keys are destroyed, and nothing of it opens again.")


def wrap_context(tenant_id: UUID, purpose: str, version: int) -> bytes:
    """What a wrapped tenant key is bound to."""
    return f"alertveil key v1|{tenant_id}|{purpose}|{version}".encode()


class TenantKeys:
    """One tenant's open keys by purpose and version, and hashes derived from them.

    Without `value` keys (a rehearsal, a test of credentials) nothing can be sealed into the vault.
    """

    __slots__ = (
        "_data",
        "_index",
        "_indexes",
        "_mark",
        "_value",
        "data_version",
        "index_version",
        "opened_at",
        "raw",
        "read_at",
        "tenant_id",
        "value_version",
    )

    def __init__(
        self,
        tenant_id: UUID,
        data: Mapping[int, bytes],
        index: Mapping[int, bytes],
        value: Mapping[int, bytes] | None = None,
        *,
        opened_at: float | None = None,
    ) -> None:
        """`opened_at`: when the keystore opened them, on the monotonic clock; now when it is not given."""
        self.tenant_id = tenant_id
        self.raw: Mapping[str, Mapping[int, bytes]] = {"data": data, "index": index, "value": value or {}}
        self.data_version = max(data)
        self.index_version = max(index)
        self.value_version = max(value, default=0) if value else 0
        self.read_at = time.monotonic()
        self.opened_at = self.read_at if opened_at is None else opened_at
        self._data = {version: AESGCM(key) for version, key in data.items()}
        self._value = {version: AESGCM(key) for version, key in (value or {}).items()}
        self._indexes = dict(index)
        self._index = index[self.index_version]
        self._mark = index[min(index)]

    def __repr__(self) -> str:
        return "<TenantKeys>"

    def knows(self, data_version: int) -> bool:
        """Is this data key version open here."""
        return data_version in self._data

    def knows_value(self, version: int) -> bool:
        """Is this value key version open here."""
        return version in self._value

    def seal(self, value: bytes, context: bytes) -> bytes:
        """AES-256-GCM under the newest data key: for what the configuration keeps."""
        return encrypt(self._data[self.data_version], value, context)

    def unseal(self, sealed: bytes, version: int, context: bytes) -> bytes:
        """What `seal` sealed. Raises IntegrityFailure."""
        return _open(self._data, sealed, version, context)

    def seal_value(self, value: bytes, context: bytes) -> bytes:
        """AES-256-GCM under the newest value key: for the vault's entries."""
        return encrypt(self._value[self.value_version], value, context)

    def unseal_value(self, sealed: bytes, version: int, context: bytes) -> bytes:
        """What `seal_value` sealed. Raises IntegrityFailure."""
        return _open(self._value, sealed, version, context)

    def blind(self, kind: str, normal: str) -> bytes:
        """The keyed blind index of a value: the first 16 bytes of HMAC-SHA-256.

        Two values never share one in practice (2^-128), and the vault's primary key holds it.
        """
        return hmac.digest(self._index, f"{kind}\0{normal}".encode("utf-8", "surrogatepass"), "sha256")[:16]

    def blinds(self, kind: str, normal: str) -> list[bytes]:
        """The blind index of a value under every index key this tenant ever had: for a search, never for sealing."""
        return [blind for _, blind in self.blinds_by_version(kind, normal)]

    def blinds_by_version(self, kind: str, normal: str) -> list[tuple[int, bytes]]:
        """The same with the version of the index key that made each."""
        text = f"{kind}\0{normal}".encode("utf-8", "surrogatepass")
        return [(version, hmac.digest(key, text, "sha256")[:16]) for version, key in self._indexes.items()]

    @property
    def rotated_index(self) -> bool:
        """Are there older index keys under which a value may be known."""
        return len(self._indexes) > 1

    def mark(self, purpose: str, *parts: str) -> bytes:
        """A keyed hash of parts that may hold PHI (a source's dedup key), 16 bytes, useless without the key.

        Under the first index key for ever: an alert must find its incident though the index key was rotated in between.
        """
        text = "\0".join((purpose, *(f"{len(part)}:{part}" for part in parts)))
        return hmac.digest(self._mark, text.encode("utf-8", "surrogatepass"), "sha256")[:16]


def _open(keys: Mapping[int, AESGCM], sealed: bytes, version: int, context: bytes) -> bytes:
    key = keys.get(version)
    if key is None:
        raise IntegrityFailure("A sealed value names a key that this tenant does not have.")
    return decrypt(key, sealed, context)


class Ring:
    """Every tenant's open keys, kept in memory by this process and opened through the keystore when first needed."""

    def __init__(self, keystore: Keystore) -> None:
        self.keystore = keystore
        self._open: dict[UUID, TenantKeys] = {}
        self._stale: dict[UUID, float] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "<Ring>"

    def held(self, tenant_id: UUID) -> TenantKeys | None:
        """The tenant's keys when this process read them lately and the keystore still answers. Raises KeystoreDown."""
        self.keystore.check()
        keys = self._open.get(tenant_id)
        if keys is None or time.monotonic() - keys.read_at > READ_AGAIN:
            return None
        return keys

    def remembered(self, tenant_id: UUID) -> TenantKeys | None:
        """The tenant's keys as this process last held them, whether or not the keystore answers."""
        return self._open.get(tenant_id)

    def hold(self, keys: TenantKeys) -> None:
        """Keep a tenant's open keys, unless newer ones are held by now or these were found stale."""
        with self._lock:
            held = self._open.get(keys.tenant_id)
            newest = max(held.read_at if held else 0.0, self._stale.get(keys.tenant_id, 0.0))
            if keys.read_at >= newest:
                self._open[keys.tenant_id] = keys

    def forget(self, tenant_id: UUID) -> None:
        """Read them anew at the next use: somebody has rotated or destroyed some."""
        with self._lock:
            self._stale[tenant_id] = time.monotonic()
            self._open.pop(tenant_id, None)
