"""People of an organisation come in through its identity provider (OpenID Connect Core 1.0, authorization code flow).

Discovery, PKCE (S256), state and nonce; the ID token's signature, issuer, audience, times, nonce and access token hash
are checked (Authlib over joserfc), with asymmetric algorithms only and keys from the provider alone. All of it goes out
through the guarded kit. State, nonce and PKCE verifier are derived from one random secret that the browser keeps in a
cookie for ten minutes, so an answer works only in the browser that asked, and nothing of a try is stored.

A person is who `iss` and `sub` say. The first time, a verified address that is a user's already becomes that user;
otherwise the groups must mean a role. Groups that mean something set the roles anew at every sign-in.
"""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from router.core import identity
from router.core.audit import Event
from router.core.identity import Person, Provider, Unusable
from router.flow import brake, signin
from router.flow.signin import Knock, Visitor
from router.runtime import Runtime
from router.store import config, users
from router.store.session import Session

if TYPE_CHECKING:
    import httpx
    from joserfc.jwk import KeySet

KNOWN_FOR: Final = 600.0
"""Seconds for which the provider's discovery document and keys are believed."""

ALGORITHMS: Final = ["RS256", "PS256", "ES256", "ES384", "RS384", "RS512", "PS384", "PS512", "EdDSA"]
LEEWAY: Final = 60
"""Seconds that the provider's clock may differ by."""

DEADLINE: Final = 10.0

LASTS: Final = timedelta(minutes=10)
"""How long the browser keeps the secret of a try."""


class NoProvider(Exception):  # noqa: N818 - the answer
    """No identity provider is configured, or it does not answer. The text says what to do."""


class Refused(Exception):  # noqa: N818 - the answer
    """The provider's answer lets nobody in. The text says why, for the person, and holds no value."""


class Several(Exception):  # noqa: N818 - the answer
    """The person is a user of several tenants, and did not say which is meant."""

    def __init__(self, slugs: list[str]) -> None:
        super().__init__("You are a user of several tenants: choose one.")
        self.slugs = slugs


class Way(NamedTuple):
    """Where to send the browser, and the secret it keeps meanwhile."""

    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What the provider says of itself."""

    until: float
    authorize: str
    token: str
    keys: KeySet


class Directory:
    """The provider's discovery document and keys, kept for ten minutes; one a process."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def look(self, client: httpx.Client, provider: Provider, *, anew: bool = False) -> _Known:
        """What is known. `anew`: the keys changed since. Raises NoProvider."""
        with self._lock:
            held = self._known.get(provider.issuer)
            if held is None or anew or held.until < time.monotonic():
                held = self._known[provider.issuer] = _discover(client, provider)
            return held


_directory = Directory()


def begin(runtime: Runtime, redirect: str, *, again: bool = False) -> Way:
    """Where the browser goes to sign in; `redirect` is our own address that it comes back to.

    `again`: the provider is to ask for a proof once more, whoever is signed in there.

    Raises:
        NoProvider: none is configured, or it does not answer.
    """
    provider = _provider(runtime)
    secret = base64.urlsafe_b64encode(uuid4().bytes + uuid4().bytes).rstrip(b"=").decode()
    with runtime.kit.client(DEADLINE) as http:
        known = _directory.look(http, provider)
        more = {"prompt": "login", "max_age": "0"} if again else {}
        if provider.acr:
            more["acr_values"] = provider.acr
        url, _ = _client(http, provider, redirect).create_authorization_url(
            known.authorize,
            state=_derive(secret, "state"),
            code_verifier=_derive(secret, "pkce"),
            nonce=_derive(secret, "nonce"),
            **more,
        )
    return Way(url, secret)


def finish(
    runtime: Runtime, knock: Knock, secret: str, answer: Mapping[str, str], redirect: str, slug: str = ""
) -> str:
    """The secret of a fresh session for what the provider answered. `slug`: the tenant that was asked for, if any.

    Raises:
        Refused: the answer lets nobody in.
        Several: the person has to say which tenant they mean.
        NoProvider: none is configured, or it does not answer.
        Throttled, DatabaseDown: nothing was decided.
    """
    brake.spend(runtime, knock.address)
    provider = _provider(runtime)
    found = _person(runtime, provider, secret, answer, redirect)
    with runtime.database.several() as session:
        tenants = _tenants(runtime, session, provider, found)
        if slug and slug in tenants:
            tenants = {slug: tenants[slug]}
        if not tenants:
            raise Refused("Your organisation knows you, and gives you no role here: ask an administrator for one.")
        if len(tenants) > 1:
            raise Several(sorted(tenants))
        ((tenant_id, user_id),) = tenants.values()
        session.enter(tenant_id)
        brake.forgive(session, knock.address)
        fresh = found.proved_at is not None and datetime.now(UTC) - found.proved_at <= signin.STEP_UP
        return signin.enter(runtime, session, tenant_id, user_id, _how(provider), knock, strong=fresh)


def prove(
    runtime: Runtime, visitor: Visitor, session_secret: str, secret: str, answer: Mapping[str, str], redirect: str
) -> str:
    """The session's new secret once the provider says that its user proved who they are again.

    Raises as `finish`.
    """
    provider = _provider(runtime)
    found = _person(runtime, provider, secret, answer, redirect)
    limit = datetime.now(UTC) - signin.STEP_UP
    if found.proved_at is None or found.proved_at < limit:
        raise Refused("Your organisation did not ask for a fresh proof, so this is not one.")
    with runtime.database.tenant(visitor.tenant_id) as session:
        row = users.by_id(session, visitor.user_id)
        if row is None or row.subject != found.subject:
            raise Refused("This is another person than the one who is signed in here.")
        new = signin.again(runtime, session, visitor, session_secret, _how(provider))
    if new is None:
        raise Refused("The session has ended meanwhile: sign in again.")
    return new


def _person(runtime: Runtime, provider: Provider, secret: str, answer: Mapping[str, str], redirect: str) -> Person:
    """Who the provider vouches for, everything checked. Raises Refused, NoProvider."""
    from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415 - a process that serves no pages
    from joserfc.errors import JoseError  # noqa: PLC0415 - does not carry these

    if not secret or not hmac.compare_digest(answer.get("state", "").encode(), _derive(secret, "state").encode()):
        raise Refused("This answer belongs to no sign-in that began in this browser within ten minutes: begin again.")
    if answer.get("error"):
        raise Refused("Your organisation refused the sign-in. Begin again, or ask whoever looks after it.")
    if answer.get("iss", provider.issuer).rstrip("/") != provider.issuer:  # RFC 9207: a mix-up of two providers
        raise Refused("The answer came from another identity provider.")
    with runtime.kit.client(DEADLINE) as http:
        known = _directory.look(http, provider)
        try:
            token = _client(http, provider, redirect).fetch_token(
                known.token,
                grant_type="authorization_code",
                code=answer.get("code", ""),
                code_verifier=_derive(secret, "pkce"),
            )
        except (AuthlibBaseError, ValueError):
            raise Refused("Your organisation's identity provider did not take the answer back: begin again.") from None
        except http_errors() as error:
            raise NoProvider(f"The identity provider does not answer ({error}).") from None
        try:
            found = _claims(known.keys, token, provider, secret)
        except (JoseError, ValueError):
            try:  # a key that is newer than what we hold
                found = _claims(_directory.look(http, provider, anew=True).keys, token, provider, secret)
            except (JoseError, ValueError):
                raise Refused("The identity provider's token does not hold: begin again.") from None
    try:
        return identity.person(found, provider)
    except Unusable as error:
        raise Refused(str(error)) from None


def _claims(keys: KeySet, token: Mapping[str, Any], provider: Provider, secret: str) -> dict[str, Any]:
    """The claims of an ID token that holds. Raises JoseError, ValueError."""
    from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 - see _person
    from joserfc import jwt  # noqa: PLC0415 - as above

    opened = jwt.decode(str(token.get("id_token", "")), keys, algorithms=ALGORITHMS)
    claims = CodeIDToken(
        opened.claims,
        opened.header,
        options={
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
        },
        params={
            "nonce": _derive(secret, "nonce"),
            "client_id": provider.client_id,
            "access_token": token.get("access_token"),
        },
    )
    claims.validate(leeway=LEEWAY)
    if provider.acr and claims.get("acr") not in provider.acr.split():
        raise ValueError
    return dict(opened.claims)


def _tenants(runtime: Runtime, session: Session, provider: Provider, found: Person) -> dict[str, tuple[UUID, UUID]]:
    """{slug: (tenant, user)} of this person; users are made, met again by address, and given their groups' roles."""
    known = {row.tenant_id: row.user_id for row in users.by_subject(session, found.subject)}
    meant = identity.roles(found, provider)
    for slug in {each.tenant for each in provider.meanings}:
        tenant_id = config.tenant_by_slug(session, slug)
        if tenant_id is None:
            continue
        session.enter(tenant_id)
        if slug not in meant:
            known.pop(tenant_id, None)  # no group of theirs means anything here any more
            continue
        user_id = known.get(tenant_id) or _met(runtime, session, tenant_id, found)
        known[tenant_id] = _with_roles(runtime, session, tenant_id, user_id, found, meant[slug])
    if not provider.meanings:
        for row in users.by_login(session, found.email):
            session.enter(row.tenant_id)
            if row.tenant_id not in known and _met(runtime, session, row.tenant_id, found) is not None:
                known[row.tenant_id] = row.user_id
    usable = {}
    for tenant_id, user_id in known.items():
        session.enter(tenant_id)
        user, tenant = users.by_id(session, user_id), config.tenant(session)
        if user is not None and user.disabled_at is None and user.kind == "person" and tenant is not None:
            usable[str(tenant.slug)] = (tenant_id, user_id)
    return usable


def _met(runtime: Runtime, session: Session, tenant_id: UUID, found: Person) -> UUID | None:
    """A user of this tenant with the person's verified address that no provider vouches for yet: they are the same."""
    row = users.by_email(session, found.email)
    if row is not None and row.subject == found.subject:  # made by another tab a moment ago
        return cast("UUID", row.user_id)
    if row is None or not found.verified or row.kind != "person" or not row.subject.startswith("local:"):
        return None
    users.identify(session, row.user_id, found.subject)
    event = Event("user.identify", found.email, f"user:{row.user_id}", reason="the provider vouches for the address")
    runtime.audit.write(session, tenant_id, event)
    return cast("UUID", row.user_id)


def _with_roles(
    runtime: Runtime,
    session: Session,
    tenant_id: UUID,
    user_id: UUID | None,
    found: Person,
    roles: tuple[str, ...],
) -> UUID:
    row = users.by_id(session, user_id) if user_id is not None else None
    before: list[str] = []
    if row is None:
        made = uuid4()
        if not users.add(session, tenant_id, made, found.email, found.subject, roles):
            row = users.by_email(session, found.email)
            if row is None or row.subject != found.subject:
                raise Refused("There is another account with your e-mail address here: ask an administrator.")
            return cast("UUID", row.user_id)
        action = "user.add"
    elif list(row.roles) != list(roles):
        made, action = row.user_id, "user.roles"
        before += row.roles
        users.set_roles(session, made, roles)
    else:
        return cast("UUID", row.user_id)
    config.bump(session, found.email, [f"user {found.email}: {', '.join(roles)}"])
    details = {"roles": list(roles), "roles_before": before}
    event = Event(action, found.email, f"user:{made}", reason="groups of the identity provider", details=details)
    runtime.audit.write(session, tenant_id, event)
    return made


def _discover(client: httpx.Client, provider: Provider) -> _Known:
    """Read the provider's discovery document (OpenID Connect Discovery 1.0 §4) and keys. Raises NoProvider."""
    from joserfc.errors import JoseError  # noqa: PLC0415 - see _person
    from joserfc.jwk import KeySet  # noqa: PLC0415 - as above

    try:
        document = json.loads(
            client.get(f"{provider.issuer}/.well-known/openid-configuration").raise_for_status().content
        )
        if str(document["issuer"]).rstrip("/") != provider.issuer:
            raise NoProvider("The identity provider calls itself something else than ALERTVEIL_OIDC_ISSUER says.")
        ends = [document["authorization_endpoint"], document["token_endpoint"], document["jwks_uri"]]
        secure = urlsplit(provider.issuer).scheme == "https"
        if not all(isinstance(end, str) and (not secure or end.startswith("https://")) for end in ends):
            raise NoProvider("The identity provider names an endpoint that is not https.")
        keys = KeySet.import_key_set(json.loads(client.get(ends[2]).raise_for_status().content))
    except http_errors() as error:
        words = str(error) if type(error).__name__ != "HTTPStatusError" else "an error over there"
        raise NoProvider(f"The identity provider does not answer ({words}).") from None
    except (ValueError, KeyError, TypeError, JoseError):
        raise NoProvider("The identity provider's discovery document or keys cannot be read.") from None
    return _Known(time.monotonic() + KNOWN_FOR, ends[0], ends[1], keys)


def http_errors() -> type[Exception]:
    """What httpx raises; imported when it is needed."""
    import httpx  # noqa: PLC0415 - see _person

    return httpx.HTTPError


def _client(http: httpx.Client, provider: Provider, redirect: str) -> Any:  # noqa: ANN401 - Authlib brings no types
    """Authlib's client over our own way out."""
    import httpx as httpx_  # noqa: PLC0415 - see _person
    from authlib.oauth2.auth import ClientAuth  # noqa: PLC0415 - as above
    from authlib.oauth2.client import OAuth2Client  # noqa: PLC0415 - as above

    class Signed(httpx_.Auth, ClientAuth):  # type: ignore[misc]  # Authlib brings no types
        """Puts the client's id and secret on a request, as Authlib prepares them."""

        requires_request_body = True

        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            url, headers, body = self.prepare(
                request.method, str(request.url), request.headers, request.content.decode()
            )
            kept = {name: value for name, value in dict(headers).items() if name.lower() != "content-length"}
            yield httpx_.Request(request.method, url, headers=kept, content=body)

    class Client(OAuth2Client):  # type: ignore[misc]  # Authlib brings no types
        """Signs its requests in httpx's way."""

        client_auth_class = Signed

    return Client(
        session=http,
        client_id=provider.client_id,
        client_secret=provider.client_secret or None,
        scope=provider.scopes,
        redirect_uri=redirect,
        code_challenge_method="S256",
    )


def _provider(runtime: Runtime) -> Provider:
    if runtime.identity is None:
        raise NoProvider("No identity provider is configured (ALERTVEIL_OIDC_ISSUER).")
    return runtime.identity


def _how(provider: Provider) -> str:
    return f"identity provider {urlsplit(provider.issuer).netloc}"


def _derive(secret: str, purpose: str) -> str:
    found = hmac.digest(secret.encode(), f"alertveil oidc v1 {purpose}".encode(), "sha256")
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode()
