"""What an identity provider says of a person, and what its groups mean here: groups become roles, per tenant.

`ALERTVEIL_OIDC_ROLES` reads `group=role+role`, several separated by commas or new lines; `tenant:group=role` holds for
that tenant alone, without a tenant it holds for `ALERTVEIL_OIDC_TENANT`. Keycloak writes groups as paths (`/oncall`)
and realm roles into `realm_access.roles`; Entra ID and Okta write `groups` or `roles`. All of them are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from router.core.access import ROLES

CLAIMS: Final = ("groups", "roles", "realm_access.roles")
"""Where groups are looked for; `resource_access.<client id>.roles` as well."""

_KNOWN: Final = frozenset(
    {
        "issuer",
        "client_id",
        "client_secret",
        "roles",
        "tenant",
        "groups_claim",
        "scopes",
        "label",
        "acr",
    }
)
_LONGEST: Final = 500


class Unusable(ValueError):  # noqa: N818 - says what is the matter
    """The settings of the identity provider, or what it says, cannot be used. The text names no value."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Members of a group have these roles in this tenant (its slug)."""

    tenant: str
    group: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider as the settings name it. `acr`: the class of authentication that is asked for, if any."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    meanings: tuple[Meaning, ...] = ()
    claims: tuple[str, ...] = CLAIMS
    scopes: str = "openid email profile"
    label: str = "your organisation"
    acr: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who the provider says this is. `subject` is issuer and sub, never the address, which changes hands."""

    subject: str
    email: str
    verified: bool
    groups: frozenset[str]
    proved_at: datetime | None


def provider(given: Mapping[str, str]) -> Provider | None:
    """The provider out of `OIDC_*` (names without the prefix, small letters); None when none is set.

    Raises:
        Unusable: something is missing or has the wrong shape.
    """
    if not given:
        return None
    unknown = sorted(set(given) - _KNOWN)
    if unknown:
        raise Unusable(f"ALERTVEIL_OIDC_{unknown[0].upper()} is no setting of ours.")
    issuer, client_id = given.get("issuer", "").rstrip("/"), given.get("client_id", "")
    parts = urlsplit(issuer)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
        raise Unusable("ALERTVEIL_OIDC_ISSUER must be the provider's URL, as its discovery document names it.")
    if not client_id:
        raise Unusable("ALERTVEIL_OIDC_CLIENT_ID is missing.")
    extra = given.get("groups_claim", "").replace(",", " ").split()
    return Provider(
        issuer=issuer,
        client_id=client_id,
        client_secret=given.get("client_secret", ""),
        meanings=tuple(_meanings(given.get("roles", ""), given.get("tenant", ""))),
        claims=tuple(extra) or (*CLAIMS, f"resource_access.{client_id}.roles"),
        scopes=given.get("scopes", "openid email profile"),
        label=given.get("label", "your organisation"),
        acr=given.get("acr", ""),
    )


def person(found: Mapping[str, Any], provider: Provider) -> Person:
    """Who validated claims are about.

    Raises:
        Unusable: they name nobody, or no e-mail address.
    """
    sub, email = found.get("sub"), found.get("email")
    if not isinstance(sub, str) or not 0 < len(sub) <= _LONGEST:
        raise Unusable("The identity provider does not say who this is (no sub).")
    if not isinstance(email, str) or "@" not in email or len(email) > _LONGEST:
        raise Unusable("The identity provider does not say this person's e-mail address: add the `email` scope to it.")
    at = found.get("auth_time")
    return Person(
        subject=f"{provider.issuer}|{sub}",
        email=email.strip().lower(),
        verified=found.get("email_verified") is True,
        groups=frozenset(_groups(found, provider.claims)),
        proved_at=datetime.fromtimestamp(at, UTC) if isinstance(at, int) and not isinstance(at, bool) else None,
    )


def roles(person: Person, provider: Provider) -> dict[str, tuple[str, ...]]:
    """The roles that this person's groups mean, by tenant slug; only tenants where they have one at least."""
    found: dict[str, set[str]] = {}
    for each in provider.meanings:
        if each.group in person.groups:
            found.setdefault(each.tenant, set()).update(each.roles)
    return {tenant: tuple(role for role in ROLES if role in named) for tenant, named in found.items()}


def _meanings(text: str, default: str) -> Iterable[Meaning]:
    for entry in text.replace("\n", ",").split(","):
        if not entry.strip():
            continue
        left, equals, right = entry.rpartition("=")
        tenant, colon, group = left.strip().partition(":")
        if not colon:
            tenant, group = default, tenant
        named = tuple(role.strip() for role in right.split("+"))
        if not equals or not group.strip() or set(named) - set(ROLES):
            raise Unusable(
                "ALERTVEIL_OIDC_ROLES reads group=role+role, or tenant:group=role+role, separated by commas; roles "
                f"are {', '.join(ROLES)}."
            )
        if not tenant.strip():
            raise Unusable("ALERTVEIL_OIDC_ROLES names a group without a tenant: set ALERTVEIL_OIDC_TENANT too.")
        yield Meaning(tenant.strip(), _plain(group), named)


def _groups(found: Mapping[str, Any], claims: Iterable[str]) -> Iterable[str]:
    for claim in claims:
        value: Any = found.get(claim)
        if value is None:
            value = found
            for part in _path(claim):
                value = value.get(part) if isinstance(value, Mapping) else None
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                yield _plain(each)


def _path(claim: str) -> list[str]:
    """`resource_access.<client>.roles` in three, whatever dots the client's name has."""
    first, dot, rest = claim.partition(".")
    if not dot:
        return [first]
    middle, dot, last = rest.rpartition(".")
    return [first, middle, last] if dot else [first, last]


def _plain(group: str) -> str:
    return group.strip().removeprefix("/")
