"""An incident that another edge has tokenized arrives over the broker: opened, checked, and taken in like any alert.

The producer seals the body with a key derived from the source's ingest key and binds the rest with a MAC under another
one, so that the broker learns nothing and can change nothing. A promise is not a proof: the body goes through this
edge's tokenizer again, and a token that it carries is shown and never opened.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from router.flow.intake import Intake, NotDurable, Post
from router.flow.snapshot import Snapshots
from router.keys import NONCE, IntegrityFailure, KeystoreDown
from router.measures import EDGE
from router.runtime import Runtime
from router.sources.registry import FORMATS
from router.store import config, upkeep
from router.store.session import DatabaseDown
from router.vault import open_edge_key

log = logging.getLogger(__name__)

TASK: Final = "router.receive"
FIELDS: Final = ("tenant", "source", "sent_at", "nonce", "body", "mac")
FRESH: Final = timedelta(minutes=5)
"""How far `sent_at` may be from this edge's clock."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,128}")


class Refused(Exception):  # noqa: N818 - counted by its word
    """The message is not taken; the word says why."""


def derive(key: str) -> bytes:
    """64 bytes from a source's ingest key: the first half seals, the second binds.

    This is what a source's row keeps, sealed, since the ingest key itself is stored only as a hash.
    """
    return HKDF(hashes.SHA256(), 64, salt=None, info=b"alertveil router.receive v1").derive(key.encode())


def seal(key: str, tenant: str, source: str, body: bytes, *, now: datetime, nonce: str | None = None) -> dict[str, str]:
    """The arguments of `router.receive` for a `tokenized` body: what a producer sends.

    `now` is aware; `nonce` (default: random) is used once: 8 to 128 of A-Z a-z 0-9 _ -. The body becomes base64 of
    nonce, ciphertext and tag.
    """
    both = derive(key)
    sent_at = now.astimezone(UTC).isoformat()
    once = nonce or os.urandom(16).hex()
    iv = os.urandom(NONCE)
    sealed = iv + AESGCM(both[:32]).encrypt(iv, body, _context(tenant, source, sent_at, once))
    text = base64.b64encode(sealed).decode()
    message = {"tenant": tenant, "source": source, "sent_at": sent_at, "nonce": once, "body": text}
    return {**message, "mac": _mac(both[32:], message)}


class Edge:
    """Takes messages of other edges."""

    def __init__(self, runtime: Runtime, snapshots: Snapshots, intake: Intake) -> None:
        self._runtime = runtime
        self._snapshots = snapshots
        self._intake = intake
        self.measures = runtime.measures

    def receive(self, message: Mapping[str, Any]) -> bool:
        """Take one message; False: it could not be made durable and must be offered again. Refusals are counted."""
        try:
            outcome = self._take(message)
        except Refused as refused:
            log.warning("edge message refused", extra={"reason": str(refused)})
            self.measures.count(EDGE, str(refused))
            return True
        except (DatabaseDown, KeystoreDown):
            return False
        if outcome:
            self.measures.count(EDGE, "taken")
        return outcome

    def _take(self, message: Mapping[str, Any]) -> bool:
        if set(message) != set(FIELDS) or not all(isinstance(value, str) for value in message.values()):
            raise Refused("shape")
        tenant_id, source_id, keys = self._source(message["tenant"], message["source"])
        fitting = [each for each in keys if hmac.compare_digest(_mac(each[0][32:], message), message["mac"])]
        if not fitting:
            raise Refused("mac")
        both, key_hash = fitting[0]
        try:
            sent_at = datetime.fromisoformat(message["sent_at"])
            fresh = abs(datetime.now(UTC) - sent_at) <= FRESH
        except (ValueError, TypeError):
            raise Refused("time") from None
        if not fresh:
            raise Refused("stale")
        if not _NONCE.fullmatch(message["nonce"]):
            raise Refused("nonce")
        context = _context(message["tenant"], message["source"], message["sent_at"], message["nonce"])
        try:
            sealed = base64.b64decode(message["body"], validate=True)
            body = AESGCM(both[:32]).decrypt(sealed[:NONCE], sealed[NONCE:], context)
        except (InvalidTag, ValueError):
            raise Refused("seal") from None
        with self._runtime.database.tenant(tenant_id) as session:
            if upkeep.knows_nonce(session, source_id, message["nonce"]):
                raise Refused("replay")
        post = Post("", body, message["tenant"], message["source"], FORMATS["tokenized"], key_hash=key_hash)
        answer = self._intake.take([post])[0]
        if isinstance(answer, NotDurable):
            return False
        # After the alerts and not with them: a crash in between has the broker offer the message again, and its alerts
        # are then the same alerts.
        with self._runtime.database.tenant(tenant_id) as session:
            upkeep.keep_nonce(session, tenant_id, source_id, message["nonce"])
        if isinstance(answer, Exception):
            raise Refused("body")
        return True

    def _source(self, slug: str, name: str) -> tuple[UUID, UUID, list[tuple[bytes, bytes]]]:
        """(tenant, source, its edge keys that hold, each with the hash of its ingest key). Raises Refused."""
        if not _SLUG.fullmatch(slug):  # Postgres takes no NUL, and what it refuses would be offered again for ever
            raise Refused("source")
        with self._runtime.database.several() as session:
            tenant_id = config.tenant_by_slug(session, slug)
            if tenant_id is None:
                raise Refused("source")
            session.enter(tenant_id)
            tenant = config.tenant(session)
            snapshot = self._snapshots.fresh(session, tenant_id, tenant.config_version if tenant else None)
            source = snapshot.source_named(name) if snapshot else None
            if source is None:
                raise Refused("source")
            sealed = [(source.edge_key, source.edge_key_version, source.key_hash)]
            if source.old_edge_key and source.old_key_hash and source.opens(source.old_key_hash, datetime.now(UTC)):
                sealed.append((source.old_edge_key, source.old_edge_key_version, source.old_key_hash))
            held = [self._runtime.vault.keys(session, tenant_id, data=version) for _, version, _ in sealed]
        try:
            opened = [
                (open_edge_key(keys, source.source_id, edge_key, version), key_hash)
                for keys, (edge_key, version, key_hash) in zip(held, sealed, strict=True)
            ]
        except IntegrityFailure:
            raise Refused("source") from None
        return tenant_id, source.source_id, opened


def _context(tenant: str, source: str, sent_at: str, nonce: str) -> bytes:
    return _canonical("alertveil router.receive v1", tenant, source, sent_at, nonce)


def _mac(key: bytes, message: Mapping[str, str]) -> str:
    bound = _canonical("alertveil router.receive v1 mac", *(message[name] for name in FIELDS[:-1]))
    return hmac.new(key, bound, hashlib.sha256).hexdigest()


def _canonical(*parts: str) -> bytes:
    """Parts with their lengths, so that no two lists of them read the same."""
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode("utf-8", "replace") for part in parts))
