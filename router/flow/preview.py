"""What a channel would get, tokens beside plaintext, before anybody asks for an opt-in or agrees to one.

Everything in it is made up: an incident, tokens that no vault knows, and values of nobody. It goes through the
channel's own payload function, so it is what the vendor would see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from channels.contract import SafeText, Spec
from channels.registry import CHANNELS
from channels.text import TOKEN
from router.core import render
from router.core.incident import Incident
from router.core.vendors import Fact, facts
from router.flow import optin
from router.privacy.tokens import ThrowawayMint
from router.runtime import Runtime
from router.store import channels, config

NOBODY: Final[Mapping[str, str]] = {
    "PERSON": "Alex Example",
    "ADDRESS": "1 Example Street",
    "ZIP": "00000",
    "GEO": "0.000, 0.000",
    "DATE": "1 January",
    "DOB": "1 January 1900",
    "AGE": "99",
    "PHONE": "+1 555-0100",
    "FAX": "+1 555-0101",
    "EMAIL": "alex@example.test",
    "SSN": "000-00-0000",
    "MRN": "MRN-00000000",
    "URL": "https://example.test/alex",
    "IP": "192.0.2.1",
    "USERNAME": "alex.example",
}
"""Values of nobody: reserved names, numbers and addresses (RFC 2606, RFC 5737, 555-01xx)."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The same made-up message twice, as the vendor would get it, and what is known about who reads there.

    `cannot`: why this channel can have no plaintext at all, '' when it can.
    """

    channel: str
    types: tuple[str, ...]
    tokens: Any
    plaintext: Any
    told: Mapping[str, str]
    known: tuple[Fact, ...]
    cannot: str


def side_by_side(runtime: Runtime, tenant_id: UUID, channel: str, types: Sequence[str]) -> Sides:
    """Both sides for a channel and the types that somebody thinks of opting in.

    Raises:
        NotFound, Unusable: as `optin.request`.
        KeystoreDown, IntegrityFailure, DatabaseDown: the channel cannot be read.
    """
    wanted = optin.types_of(types)
    place = optin.place(runtime, tenant_id, channel)
    told = place.look(runtime)
    with runtime.database.tenant(tenant_id) as session:
        tenant = config.tenant(session)
    tokens, plaintext = _payloads(runtime, tenant.slug if tenant else "", place.spec, place.settings, wanted)
    return Sides(
        channel=channel,
        types=wanted,
        tokens=tokens,
        plaintext=plaintext,
        told=told,
        known=facts(place.row.vendor, place.row.kind),
        cannot=place.cannot(told),
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """The same made-up message twice, without asking the vendor anything; `values` are those of nobody in it."""

    kind: str
    types: tuple[str, ...]
    tokens: Any
    plaintext: Any
    values: tuple[str, ...]


def drawn(runtime: Runtime, tenant_id: UUID, channel_id: UUID, types: Sequence[str]) -> Drawn:
    """What a channel receives, tokens beside plaintext of these types. Nothing leaves and no credential is opened.

    Raises:
        NotFound, Unusable: as `optin.request`.
        DatabaseDown: the channel cannot be read.
    """
    wanted = optin.types_of(types)
    with runtime.database.tenant(tenant_id) as session:
        row = channels.by_id(session, channel_id)
        tenant = config.tenant(session)
    spec = CHANNELS.get(row.kind) if row is not None else None
    if row is None or spec is None:
        raise optin.NotFound("There is no such channel in this tenant, or this version does not know its kind.")
    try:
        settings = msgspec.convert(row.config, spec.config)
    except msgspec.ValidationError:
        raise optin.Unusable("This version cannot use the channel as it is configured; apply it again.") from None
    tokens, plaintext = _payloads(runtime, tenant.slug if tenant else "", spec, settings, wanted)
    return Drawn(row.kind, wanted, tokens, plaintext, tuple(NOBODY.get(kind, f"a made-up {kind}") for kind in wanted))


def _payloads(runtime: Runtime, slug: str, spec: Spec[Any], settings: Any, wanted: Sequence[str]) -> tuple[Any, Any]:  # noqa: ANN401 - a kind's model, and JSON
    """(with tokens, with plaintext of these types): what the vendor would get of a made-up incident."""
    incident = _made_up(wanted)
    values = {token: NOBODY.get(kind, f"a made-up {kind}") for token, kind in _tokens(incident).items()}

    def payload(opened: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
        message = render.message(
            incident,
            kind="trigger",
            key=f"preview-{incident.incident_id.hex}",
            why="a preview: nothing was sent",
            mode="plaintext" if opened else "tokens",
            tenant=slug,
            url=runtime.public_url,
            refs={},
            repeat=False,
            with_trigger=False,
            quiet_after=None,
            values=opened,
        )
        return spec.preview(settings, message)

    return payload({}), payload({token: value for token, value in values.items() if _kind(token) in wanted})


def _made_up(types: Sequence[str]) -> Incident:
    """An incident that holds a token of each of these types, and one of another, that stays a token."""
    mint, now = ThrowawayMint(), datetime.now(UTC)
    other = next(kind for kind in NOBODY if kind not in types) if set(NOBODY) - set(types) else "CODE"
    tokens = [mint.token(kind, kind, kind) for kind in (*types, other)]
    incident_id = uuid4()
    return Incident(
        incident_id=incident_id,
        group_key=b"preview",
        source_id=incident_id,
        source="preview",
        status="open",
        severity="error",
        title=SafeText(f"Lookup failed for {tokens[0]}"),
        description=SafeText("The last request held " + ", ".join(tokens) + "."),
        labels={},
        links=(),
        fields=tuple((_kind(token).lower(), token) for token in tokens),
        revision=1,
        generation=0,
        count=1,
        firing=frozenset(),
        opened_at=now,
        last_alert_at=now,
    )


def _tokens(incident: Incident) -> dict[str, str]:
    return {token: _kind(token) for token in TOKEN.findall(incident.description)}


def _kind(token: str) -> str:
    return token[1:].rpartition("_")[0]
