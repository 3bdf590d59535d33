"""The only code that seals and opens: values become ciphertext behind a token, and come back only through a grant."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import orjson

from router.keys import OPEN_AGAIN, PURPOSES, IntegrityFailure, Purpose, Ring, Shredded, TenantKeys, wrap_context
from router.store.session import Row, Session, packed


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


class StaleKeys(Exception):  # noqa: N818 - control flow
    """Keys were rotated, a month began, or retention removed a value in this moment: the transaction is done again."""


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

    def keys(self, session: Session, tenant_id: UUID, *, data: int | None = None) -> TenantKeys:
        """The tenant's open keys; made on first use, and a value key for every month. `session` entered the tenant.

        `data` is a data key version that they must hold: of something that another process may have sealed just now.

        Raises:
            KeystoreDown: the keystore cannot open them; `Shredded` when there are none any more.
        """
        held = self._ring.held(tenant_id)
        if held is not None and (data is None or held.knows(data)):
            return held
        return self._read(session, tenant_id)

    def newest_keys(self, session: Session, tenant_id: UUID) -> TenantKeys:
        """The same, read now: for what seals under the newest data key, and while the tenant's row is locked.

        Raises:
            KeystoreDown: the keystore cannot open them; `Shredded` when there are none any more.
        """
        return self._read(session, tenant_id)

    def _read(self, session: Session, tenant_id: UUID) -> TenantKeys:
        rows = self._rows(session)
        self._ring.keystore.check()
        newest = {row.purpose: row for row in rows}  # ordered by version
        wanted = {
            purpose: newest[purpose].version + 1 if purpose in newest else 1
            for purpose in PURPOSES
            if purpose not in newest or (purpose == "value" and not newest[purpose].fresh)
        }
        for purpose, version in wanted.items():
            self.add_key(session, tenant_id, purpose, version)
        if wanted:
            rows = self._rows(session)
        opened: dict[str, dict[int, bytes]] = {purpose: {} for purpose in PURPOSES}
        before = self._ring.remembered(tenant_id)
        known = before if before is not None and time.monotonic() - before.opened_at < OPEN_AGAIN else None
        for row in rows:
            if row.wrapped is None:
                continue
            key = known.raw[row.purpose].get(row.version) if known is not None else None
            if key is None:
                context = wrap_context(tenant_id, row.purpose, row.version)
                key = self._ring.keystore.unwrap(bytes(row.wrapped), row.wrapped_by, context)
            opened[row.purpose][row.version] = key
        return TenantKeys(
            tenant_id, opened["data"], opened["index"], opened["value"], opened_at=known.opened_at if known else None
        )

    @staticmethod
    def _rows(session: Session) -> list[Row]:
        rows = session.rows("SELECT purpose, version, wrapped, wrapped_by, fresh FROM vault.keys()")
        if any(row.purpose == "index" and row.wrapped is None for row in rows):
            raise Shredded
        return rows

    def add_key(self, session: Session, tenant_id: UUID, purpose: Purpose, version: int) -> bool:
        """Make a fresh key of this version; False when there is one already or the tenant was off-boarded.

        A new index key waits for every sealing transaction of the tenant that is under way. Raises KeystoreDown.
        """
        context = wrap_context(tenant_id, purpose, version)
        wrapped = self._ring.keystore.seal(secrets.token_bytes(32), context)
        row = session.one(
            "SELECT vault.add_key(%s, %s, %s, %s) AS added", (purpose, version, wrapped.wrapped, wrapped.by)
        )
        return bool(row and row.added)

    def adopt(self, keys: TenantKeys) -> None:
        """Remember keys once the transaction that read or made them is committed."""
        self._ring.hold(keys)

    def seal(self, session: Session, keys: TenantKeys, found: Iterable[Found]) -> Callable[[], dict[str, str]]:
        """Seal values behind their proposed tokens; tells {proposed: real} where the value had a token already.

        One statement for the whole batch, sent without waiting for it; the caller is inside the tenant's transaction.
        A value whose ciphertext is of an earlier month or swept is sealed again when the answer is asked for.

        Raises, when the answer is asked for:
            StaleKeys: do the whole transaction again.
        """
        entries: dict[bytes, Found] = {}
        renamed: dict[str, str] = {}
        for each in found:
            first = entries.setdefault(keys.blind(each.kind, each.normal), each)
            if first.token != each.token:
                renamed[each.token] = first.token
        if not entries:
            return dict
        sealed = [_entry(keys, blind, each.token, each) for blind, each in sorted(entries.items())]
        if keys.rotated_index:
            for made, (_, each) in zip(sealed, sorted(entries.items()), strict=True):
                made["older"] = [
                    {"version": version, "blind": blind}
                    for version, blind in keys.blinds_by_version(each.kind, each.normal)
                    if version != keys.index_version
                ]
        cursor = session.queue(
            "SELECT proposed, token, again FROM vault.seal(%s, %s, %s::json)",
            (keys.index_version, keys.value_version, packed(sealed)),
        )

        def answer() -> dict[str, str]:
            rows = cursor.fetchall()
            if rows and rows[0].token is None:
                self._ring.forget(keys.tenant_id)
                raise StaleKeys
            again = {row.proposed: row.token for row in rows if row.again}
            if again:
                self._seal_again(session, keys, {b: each for b, each in entries.items() if each.token in again}, again)
            real = {row.proposed: row.token for row in rows}
            return {proposed: real.get(first, first) for proposed, first in renamed.items()} | real

        return answer

    def _seal_again(
        self, session: Session, keys: TenantKeys, entries: Mapping[bytes, Found], tokens: Mapping[str, str]
    ) -> None:
        """Known values under the newest key; raises StaleKeys when retention removed one since it was looked up."""
        sealed = [_entry(keys, blind, tokens[each.token], each) for blind, each in sorted(entries.items())]
        row = session.one(
            "SELECT vault.seal_again(%s, %s, %s::json) AS kept",
            (keys.index_version, keys.value_version, packed(sealed)),
        )
        if row is None or row.kept != len(sealed):
            raise StaleKeys

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

    def fetch(self, session: Session, keys: TenantKeys, grant_id: UUID, actor: str) -> list[Opened]:
        """What a committed grant of this actor opens, once; nothing for any other, nor for a value that was removed.

        Raises:
            IntegrityFailure: a value was moved or edited.
            KeystoreDown: a key was rotated since `keys` were read, and the new one cannot be opened now.
        """
        found = self.fetch_each(session, keys, [grant_id], actor)[grant_id]
        if isinstance(found, IntegrityFailure):
            raise found
        return found

    def fetch_each(
        self, session: Session, keys: TenantKeys, grant_ids: Sequence[UUID], actor: str
    ) -> dict[UUID, list[Opened] | IntegrityFailure]:
        """The same for many grants in one statement: one whose value was moved or edited spoils no other.

        Raises:
            KeystoreDown: a key was rotated since `keys` were read, and the new one cannot be opened now.
        """
        rows = session.rows(
            "SELECT g.grant_id, f.token, f.kind, f.key_version, f.sealed FROM unnest(%s::uuid[]) AS g (grant_id)"
            " CROSS JOIN LATERAL vault.fetch(g.grant_id, %s) f",
            (list(grant_ids), actor),
        )
        kept = [row for row in rows if row.sealed is not None]
        if not all(keys.knows_value(row.key_version) for row in kept):
            keys = self._read(session, keys.tenant_id)
        found: dict[UUID, list[Opened] | IntegrityFailure] = {grant_id: [] for grant_id in grant_ids}
        for row in kept:
            so_far = found[row.grant_id]
            if isinstance(so_far, list):
                context = entry_context(keys.tenant_id, row.token, row.kind, row.key_version)
                try:
                    value = keys.unseal_value(bytes(row.sealed), row.key_version, context)
                except IntegrityFailure as failure:
                    found[row.grant_id] = failure
                else:
                    so_far.append(Opened(row.token, row.kind, value.decode("utf-8", "surrogatepass")))
        return found

    def credentials(
        self, session: Session, tenant_id: UUID, destination_id: UUID, sealed: bytes, version: int
    ) -> dict[str, str]:
        """A destination's credentials, also while the keystore is away if this process holds the tenant's keys.

        Raises:
            KeystoreDown: they are needed from the keystore and cannot be had.
            IntegrityFailure: they were moved or edited.
        """
        keys = self._ring.remembered(tenant_id)
        if keys is None or not keys.knows(version):
            keys = self.newest_keys(session, tenant_id)
            self._ring.hold(keys)
        return open_credentials(keys, destination_id, sealed, version)


def _entry(keys: TenantKeys, blind: bytes, token: str, found: Found) -> dict[str, Any]:
    """One entry as vault.seal takes it."""
    return {
        "blind": blind,
        "token": token,
        "kind": found.kind,
        "sealed": keys.seal_value(
            found.value.encode("utf-8", "surrogatepass"),
            entry_context(keys.tenant_id, token, found.kind, keys.value_version),
        ),
    }


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


def seal_signing(keys: TenantKeys, source_id: UUID, secret: str) -> bytes:
    """The secret that a source's sender signs with, bound to the source."""
    return keys.seal(secret.encode(), f"alertveil signing v1|{keys.tenant_id}|{source_id}|{keys.data_version}".encode())


def open_signing(keys: TenantKeys, source_id: UUID, sealed: bytes, version: int) -> str:
    """A source's signing secret again. Raises IntegrityFailure."""
    return keys.unseal(
        sealed, version, f"alertveil signing v1|{keys.tenant_id}|{source_id}|{version}".encode()
    ).decode()
