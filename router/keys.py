"""Holds the keys: a keystore outside the database wraps each tenant's own, and only this module sees them open."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import threading
from pathlib import Path
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
"""Bytes of an AES-GCM nonce (NIST SP 800-38D §8.2.2: 96 random bits)."""


class KeystoreDown(Exception):  # noqa: N818 - says what is the matter
    """The keystore cannot be used: nothing can be sealed or opened until it is back. The text says what to do."""


class IntegrityFailure(Exception):  # noqa: N818
    """A ciphertext does not belong where it was found: it was moved, edited, or sealed under another key."""


class Keystore(Protocol):
    """Wraps tenant keys with a key that never leaves it."""

    @property
    def current(self) -> str:
        """The name of the key that wraps now."""

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """`key` wrapped by the current key, bound to `context`. Raises KeystoreDown."""

    def unwrap(self, wrapped: bytes, wrapped_by: str, context: bytes) -> bytes:
        """The key again. Raises KeystoreDown or IntegrityFailure."""


class FileKeystore:
    """A JSON file, mode 0600, outside the database: {"current": name, "keys": {name: base64 of 32 bytes}}."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._current = ""
        self._keys: dict[str, AESGCM] = {}

    def __repr__(self) -> str:
        return "<FileKeystore>"

    @property
    def current(self) -> str:
        """The name of the key that wraps now."""
        self._load()
        return self._current

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """AES-256-GCM: nonce, ciphertext, tag."""
        self._load()
        return encrypt(self._keys[self._current], key, context)

    def unwrap(self, wrapped: bytes, wrapped_by: str, context: bytes) -> bytes:
        """The wrapped key again."""
        self._load()
        key = self._keys.get(wrapped_by)
        if key is None:
            raise KeystoreDown(
                "The keystore does not hold the key that wrapped this tenant's keys: restore the keystore file that "
                "belongs to this database."
            )
        return decrypt(key, wrapped, context)

    def check(self) -> None:
        """Read the file now. Raises KeystoreDown."""
        self._load()

    def _load(self) -> None:
        """Read the file when it changed, so that a rotation reaches every process."""
        try:
            status = self._path.stat()
            mark = (status.st_mtime_ns, status.st_ino, status.st_size)
            if mark == self._seen:
                return
            if status.st_mode & 0o077:
                raise KeystoreDown("The keystore file is open to others: make it mode 0600.")
            found = json.loads(self._path.read_bytes())
            keys = {name: AESGCM(base64.b64decode(text)) for name, text in found["keys"].items()}
            current = found["current"]
        except (OSError, ValueError, KeyError, TypeError):
            raise KeystoreDown(
                "The keystore file cannot be read: it must be where ALERTVEIL_KEYSTORE says, as `alertveil keys init` "
                "made it."
            ) from None
        if current not in keys:
            raise KeystoreDown("The keystore file names a current key that it does not hold: restore it from a backup.")
        self._seen, self._current, self._keys = mark, current, keys


def init_file(path: Path) -> bool:
    """Make a keystore file with one fresh key, mode 0600; False when there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = "k" + secrets.token_hex(4)
    body = json.dumps({"current": name, "keys": {name: base64.b64encode(secrets.token_bytes(32)).decode()}})
    fresh = path.with_name(path.name + f".{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(body + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    except FileExistsError:
        return False
    finally:
        fresh.unlink(missing_ok=True)
    return True


def open_keystore(where: str) -> FileKeystore:
    """The keystore that ALERTVEIL_KEYSTORE names; today a file path."""
    return FileKeystore(Path(where))


def encrypt(key: AESGCM, value: bytes, context: bytes) -> bytes:
    """Nonce, ciphertext and tag, bound to `context`."""
    nonce = os.urandom(NONCE)
    return nonce + key.encrypt(nonce, value, context)


def decrypt(key: AESGCM, sealed: bytes, context: bytes) -> bytes:
    """The value again. Raises IntegrityFailure."""
    try:
        return key.decrypt(sealed[:NONCE], sealed[NONCE:], context)
    except (InvalidTag, ValueError):
        raise IntegrityFailure("A sealed value does not open where it stands.") from None


def wrap_context(tenant_id: UUID, purpose: str, version: int) -> bytes:
    """What a wrapped tenant key is bound to."""
    return f"alertveil key v1|{tenant_id}|{purpose}|{version}".encode()


class TenantKeys:
    """One tenant's open keys: data keys by version, the blind index key, and hashes derived from it."""

    __slots__ = ("_data", "_index", "_indexes", "data_version", "index_version", "tenant_id")

    def __init__(self, tenant_id: UUID, data: dict[int, bytes], index: dict[int, bytes]) -> None:
        self.tenant_id = tenant_id
        self.data_version = max(data)
        self.index_version = max(index)
        self._data = {version: AESGCM(key) for version, key in data.items()}
        self._indexes = tuple(index.values())
        self._index = index[self.index_version]

    def __repr__(self) -> str:
        return "<TenantKeys>"

    def knows(self, data_version: int) -> bool:
        """Is this data key version open here."""
        return data_version in self._data

    def seal(self, value: bytes, context: bytes) -> bytes:
        """AES-256-GCM under the newest data key."""
        return encrypt(self._data[self.data_version], value, context)

    def unseal(self, sealed: bytes, version: int, context: bytes) -> bytes:
        """The value again. Raises IntegrityFailure."""
        key = self._data.get(version)
        if key is None:
            raise IntegrityFailure("A sealed value names a data key that this tenant does not have.")
        return decrypt(key, sealed, context)

    def blind(self, kind: str, normal: str) -> bytes:
        """The keyed blind index of a value: the first 16 bytes of HMAC-SHA-256.

        Two values never share one in practice (2^-128), and the vault's primary key holds it.
        """
        return hmac.digest(self._index, f"{kind}\0{normal}".encode("utf-8", "surrogatepass"), "sha256")[:16]

    def blinds(self, kind: str, normal: str) -> list[bytes]:
        """The blind index of a value under every index key this tenant ever had: for a search, never for sealing."""
        text = f"{kind}\0{normal}".encode("utf-8", "surrogatepass")
        return [hmac.digest(key, text, "sha256")[:16] for key in self._indexes]

    def mark(self, purpose: str, *parts: str) -> bytes:
        """A keyed hash of parts that may hold PHI (a source's dedup key), 16 bytes, useless without the key."""
        text = "\0".join((purpose, *(f"{len(part)}:{part}" for part in parts)))
        return hmac.digest(self._index, text.encode("utf-8", "surrogatepass"), "sha256")[:16]


class Ring:
    """Every tenant's open keys, kept in memory by this process and opened through the keystore when first needed."""

    def __init__(self, keystore: FileKeystore) -> None:
        self.keystore = keystore
        self._open: dict[UUID, TenantKeys] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "<Ring>"

    def held(self, tenant_id: UUID) -> TenantKeys | None:
        """The tenant's keys when this process has opened them and the keystore still answers. Raises KeystoreDown."""
        self.keystore.check()
        return self._open.get(tenant_id)

    def hold(self, keys: TenantKeys) -> None:
        """Keep a tenant's open keys."""
        with self._lock:
            self._open[keys.tenant_id] = keys

    def forget(self, tenant_id: UUID) -> None:
        """Open them anew at the next use."""
        with self._lock:
            self._open.pop(tenant_id, None)
