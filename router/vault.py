"""The only code that seals and opens: values become ciphertext behind a token, and come back only through a grant."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid4

import orjson

from router.keys import Ring, TenantKeys, wrap_context
from router.store.session import Database, Session, packed


class Found(Protocol):
    """A value that the tokenizer took out, with the token it proposes."""

    @property
    def token(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def normal(self) -> str: ...


class Denied(Exception):  # noqa: N818 - the recorded answer
    """A grant was refused; the refusal is recorded. The text is the reason, for the person who asked."""


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """Plaintext behind one token, on its way to whoever was granted it."""

    token: str
    kind: str
    value: str = field(repr=False)

    def __repr__(self) -> str:
        return f"<Opened {self.kind}>"


@dataclass(frozen=True, slots=True)
class Asked:
    """A person's request to see what stands behind tokens of one incident.

    `refused` is why the caller refuses, empty when it does not; `reason` is tokenized text.
    """

    grant_id: UUID
    incident_id: UUID
    tokens: Sequence[str]
    user_id: UUID
    actor: str
    purpose: str
    reason: str
    refused: str = ""


class Vault:
    """Seals what the tokenizer found, opens what a committed grant allows."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    def keys(self, session: Session, tenant_id: UUID) -> TenantKeys:
        """The tenant's open keys; made on first use. `session` must have entered the tenant.

        Raises:
            KeystoreDown: the keystore cannot open them.
        """
        held = self._ring.held(tenant_id)
        if held is not None:
            return held
        rows = session.rows("SELECT purpose, version, wrapped, wrapped_by FROM vault.keys()")
        if not rows:
            store = self._ring.keystore
            for purpose in ("data", "index"):
                wrapped = store.wrap(secrets.token_bytes(32), wrap_context(tenant_id, purpose, 1))
                session.one("SELECT vault.add_key(%s, 1, %s, %s)", (purpose, wrapped, store.current))
            rows = session.rows("SELECT purpose, version, wrapped, wrapped_by FROM vault.keys()")
        opened: dict[str, dict[int, bytes]] = {"data": {}, "index": {}}
        for row in rows:
            context = wrap_context(tenant_id, row.purpose, row.version)
            opened[row.purpose][row.version] = self._ring.keystore.unwrap(bytes(row.wrapped), row.wrapped_by, context)
        return TenantKeys(tenant_id, opened["data"], opened["index"])

    def adopt(self, keys: TenantKeys) -> None:
        """Remember keys once the transaction that read or made them is committed."""
        self._ring.hold(keys)

    def seal(self, session: Session, keys: TenantKeys, found: Iterable[Found]) -> Callable[[], dict[str, str]]:
        """Seal values behind their proposed tokens; tells {proposed: real} where the value had a token already.

        One statement for the whole batch, sent without waiting for it; the caller is inside the tenant's transaction.
        """
        entries: dict[bytes, Found] = {}
        renamed: dict[str, str] = {}
        for each in found:
            first = entries.setdefault(keys.blind(each.kind, each.normal), each)
            if first.token != each.token:
                renamed[each.token] = first.token
        if not entries:
            return dict
        cursor = session.queue(
            "SELECT proposed, token FROM vault.seal(%s, %s, %s::json)",
            (
                keys.index_version,
                keys.data_version,
                packed(
                    [
                        {
                            "blind": blind,
                            "token": each.token,
                            "kind": each.kind,
                            "sealed": keys.seal(
                                each.value.encode("utf-8", "surrogatepass"),
                                entry_context(keys.tenant_id, each.token, each.kind, keys.data_version),
                            ),
                        }
                        for blind, each in sorted(entries.items())
                    ]
                ),
            ),
        )

        def answer() -> dict[str, str]:
            real = {row.proposed: row.token for row in cursor.fetchall()}
            return {proposed: real.get(first, first) for proposed, first in renamed.items()} | real

        return answer

    def reveal(
        self,
        database: Database,
        tenant_id: UUID,
        *,
        incident_id: UUID,
        tokens: Sequence[str],
        actor: str,
        purpose: str,
        reason: str,
    ) -> list[Opened]:
        """Open tokens of one incident: grant, commit, then fetch, so that no opening goes unrecorded.

        Raises:
            Denied: the grant was refused, and the refusal is recorded.
            KeystoreDown, IntegrityFailure, DatabaseDown: nothing was opened.
        """
        grant_id = uuid4()
        with database.tenant(tenant_id) as session:
            keys = self.keys(session, tenant_id)
            row = session.one(
                "SELECT vault.request(%s, %s, %s, %s, %s, %s) AS verdict",
                (grant_id, incident_id, list(dict.fromkeys(tokens)), actor, purpose, reason),
            )
        verdict = row.verdict if row else "no answer"
        if verdict != "allowed":
            raise Denied(verdict)
        with database.tenant(tenant_id) as session:
            return self.fetch(session, keys, grant_id, actor)

    @staticmethod
    def ask_reveal(session: Session, asked: Asked) -> str:
        """Record a person's request; 'allowed', or why not. Nothing opens before this transaction is committed."""
        row = session.one(
            "SELECT vault.request_reveal(%s, %s, %s, %s, %s, %s, %s, %s) AS verdict",
            (
                asked.grant_id,
                asked.incident_id,
                list(asked.tokens),
                asked.user_id,
                asked.actor,
                asked.purpose,
                asked.reason,
                asked.refused,
            ),
        )
        return row.verdict if row else "no answer"

    @staticmethod
    def fetch(session: Session, keys: TenantKeys, grant_id: UUID, actor: str) -> list[Opened]:
        """What a committed grant of this actor opens, once; nothing for any other. Raises IntegrityFailure."""
        rows = session.rows("SELECT token, kind, key_version, sealed FROM vault.fetch(%s, %s)", (grant_id, actor))
        return [
            Opened(
                row.token,
                row.kind,
                keys.unseal(
                    bytes(row.sealed),
                    row.key_version,
                    entry_context(keys.tenant_id, row.token, row.kind, row.key_version),
                ).decode("utf-8", "surrogatepass"),
            )
            for row in rows
        ]


def entry_context(tenant_id: UUID, token: str, kind: str, version: int) -> bytes:
    """What a vault ciphertext is bound to: tenant, token, type and key version."""
    return f"alertveil vault v1|{tenant_id}|{token}|{kind}|{version}".encode()


def seal_credentials(keys: TenantKeys, destination_id: UUID, credentials: dict[str, str]) -> bytes:
    """A destination's credentials as one ciphertext, bound to that destination."""
    context = f"alertveil credentials v1|{keys.tenant_id}|{destination_id}|{keys.data_version}".encode()
    return keys.seal(orjson.dumps(credentials), context)


def open_credentials(keys: TenantKeys, destination_id: UUID, sealed: bytes, version: int) -> dict[str, str]:
    """A destination's credentials again. Raises IntegrityFailure."""
    context = f"alertveil credentials v1|{keys.tenant_id}|{destination_id}|{version}".encode()
    opened: dict[str, str] = orjson.loads(keys.unseal(sealed, version, context))
    return opened


def seal_edge_key(keys: TenantKeys, source_id: UUID, key: bytes) -> bytes:
    """The key that another edge seals with for this source, bound to the source."""
    return keys.seal(key, f"alertveil edge v1|{keys.tenant_id}|{source_id}|{keys.data_version}".encode())


def open_edge_key(keys: TenantKeys, source_id: UUID, sealed: bytes, version: int) -> bytes:
    """A source's edge key again. Raises IntegrityFailure."""
    return keys.unseal(sealed, version, f"alertveil edge v1|{keys.tenant_id}|{source_id}|{version}".encode())
