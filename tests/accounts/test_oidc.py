"""Coming in through an identity provider: a real one in its own process, reached through our guarded way out."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from router.flow import manage, oidc, signin
from router.flow.signin import Visitor
from router.runtime import Runtime
from tests.accounts.conftest import HERE
from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET
from tests.conftest import Database
from tests.flow.builder import Superuser, Tenant, build, tenant

BACK = "http://localhost:8080/sign-in/provider/answer"
ANNA: dict[str, Any] = {
    "sub": "f3c1c0de-0000-4000-8000-00000000a11a",
    "email": "Anna@Clinic.test",
    "email_verified": True,
    "preferred_username": "anna",
    "groups": ["/oncall", "/staff"],
    "realm_access": {"roles": ["offline_access", "alertveil-privacy"]},
    "resource_access": {CLIENT_ID: {"roles": ["alertveil-admin"]}},
}
"""As Keycloak writes them: groups as paths, realm roles and client roles each in their own place."""

ROLES = "oncall=responder+operator, alertveil-privacy=privacy_officer, other:oncall=viewer"


@dataclass
class Provider:
    """The provider's process, and who is at the browser."""

    issuer: str
    claims: dict[str, Any] = field(default_factory=lambda: dict(ANNA))

    @property
    def root(self) -> str:
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    def at_the_browser(
        self, *, ago: int = 0, new_key: bool = False, faults: dict[str, Any] | None = None, **claims: object
    ) -> None:
        self.claims = {**ANNA, **claims}
        body = {"claims": self.claims, "faults": faults or {}, "ago": ago, "new_key": new_key}
        urllib.request.urlopen(f"{self.root}/who", json.dumps(body).encode()).close()  # noqa: S310 - our own process

    def answers(self, url: str) -> dict[str, str]:
        """What the browser brings back from there."""
        response = httpx.get(url, trust_env=False)
        assert response.status_code == 302, response.text
        return dict(parse_qsl(urlsplit(response.headers["location"]).query))

    def asked(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = httpx.get(f"{self.root}/asked", trust_env=False).json()
        return found


@pytest.fixture(scope="module")
def process() -> Iterator[str]:
    program = Path(__file__).with_name("provider.py")
    running = subprocess.Popen([sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    yield running.stdout.readline().strip()
    running.communicate("")


@pytest.fixture
def provider(process: str) -> Provider:
    found = Provider(process)
    found.at_the_browser()
    return found


Build = Callable[..., Runtime]


@pytest.fixture
def make(database: Database, tmp_path: Path, process: str) -> Iterator[Build]:
    """A runtime that knows the provider; `make(roles=…)` with these settings of it."""
    made: list[Runtime] = []

    def build_it(*, issuer: str = process, **given: str) -> Runtime:
        settings = {
            "issuer": issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "tenant": "clinic",
            "roles": ROLES,
            **given,
        }
        named = {f"ALERTVEIL_OIDC_{name.upper()}": value for name, value in settings.items() if value}
        made.append(build(database.app_url, tmp_path, **named))
        return made[-1]

    yield build_it
    for each in made:
        each.close()


@pytest.fixture
def clinic(make: Build) -> Tenant:
    return tenant(make(), slug="clinic")


@pytest.fixture
def runtime(clinic: Tenant) -> Runtime:
    """The process of the clinic."""
    return clinic.runtime


def comes_in(runtime: Runtime, provider: Provider, slug: str = "") -> Visitor:
    """The whole way round, once."""
    way = oidc.begin(runtime, BACK)
    secret = oidc.finish(runtime, HERE, way.secret, provider.answers(way.url), BACK, slug)
    found = signin.visitor(runtime, secret)
    assert found is not None
    return found


def refused(runtime: Runtime, provider: Provider) -> str:
    way = oidc.begin(runtime, BACK)
    with pytest.raises(oidc.Refused) as said:
        oidc.finish(runtime, HERE, way.secret, provider.answers(way.url), BACK)
    return str(said.value)


def test_groups_of_every_kind_become_roles_of_a_new_user(
    runtime: Runtime, clinic: Tenant, provider: Provider, superuser: Superuser
) -> None:
    visitor = comes_in(runtime, provider)
    assert (visitor.email, visitor.slug) == ("anna@clinic.test", "clinic")
    assert visitor.roles == ("responder", "operator", "privacy_officer")
    assert visitor.auth.startswith("identity provider ")
    row = superuser.one("SELECT subject FROM users WHERE tenant_id = %s", [clinic.tenant_id])
    assert row.subject == f"{provider.issuer}|{ANNA['sub']}"


def test_the_request_carries_pkce_state_and_nonce_and_no_secret(runtime: Runtime, provider: Provider) -> None:
    comes_in(runtime, provider)
    (asked,) = provider.asked()
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == len(asked["state"]) == len(asked["nonce"]) == 43
    assert len({asked["code_challenge"], asked["state"], asked["nonce"]}) == 3
    assert CLIENT_SECRET not in str(asked)
    assert asked["scope"] == "openid email profile"


def test_a_person_is_who_the_subject_says_whatever_their_address_is_now(
    runtime: Runtime, provider: Provider, superuser: Superuser
) -> None:
    first = comes_in(runtime, provider)
    provider.at_the_browser(email="anna.married@clinic.test")
    assert comes_in(runtime, provider).user_id == first.user_id
    assert superuser.one("SELECT count(*) AS n FROM users").n == 1


def test_another_subject_with_the_same_address_is_not_that_person(runtime: Runtime, provider: Provider) -> None:
    comes_in(runtime, provider)
    provider.at_the_browser(sub="somebody-else")
    assert "another account with your e-mail address" in refused(runtime, provider)


def test_a_user_with_the_verified_address_is_met_again_and_not_doubled(
    runtime: Runtime, clinic: Tenant, provider: Provider, superuser: Superuser
) -> None:
    known = manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", ["viewer"], "test")
    assert comes_in(runtime, provider).user_id == known
    assert superuser.one("SELECT count(*) AS n FROM audit_events WHERE action = 'user.identify'").n == 1


def test_an_address_that_the_provider_did_not_verify_takes_no_account_over(
    runtime: Runtime, clinic: Tenant, provider: Provider
) -> None:
    manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", ["admin"], "test")
    for unsure in (False, "true", None):
        provider.at_the_browser(email_verified=unsure)
        assert "another account with your e-mail address" in refused(runtime, provider)


def test_groups_are_read_anew_at_every_sign_in(runtime: Runtime, provider: Provider, superuser: Superuser) -> None:
    comes_in(runtime, provider)
    provider.at_the_browser(groups=["/oncall"], realm_access={"roles": []})
    assert comes_in(runtime, provider).roles == ("responder", "operator")
    provider.at_the_browser(groups=[], realm_access={"roles": []})
    assert "gives you no role here" in refused(runtime, provider)
    assert superuser.one("SELECT count(*) AS n FROM audit_events WHERE action = 'user.roles'").n == 1


def test_without_groups_that_mean_anything_an_invited_person_comes_in_and_a_stranger_does_not(
    make: Build, provider: Provider
) -> None:
    runtime = make(roles="")
    clinic = tenant(runtime, slug="clinic")
    assert "gives you no role here" in refused(runtime, provider)
    manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", ["auditor"], "test")
    assert comes_in(runtime, provider).roles == ("auditor",)


def test_who_is_in_two_tenants_says_which(runtime: Runtime, provider: Provider) -> None:
    tenant(runtime, slug="other")
    with pytest.raises(oidc.Several) as several:
        comes_in(runtime, provider)
    assert several.value.slugs == ["clinic", "other"]
    assert comes_in(runtime, provider, "other").roles == ("viewer",)
    assert comes_in(runtime, provider, "clinic").slug == "clinic"


def test_a_disabled_user_is_not_let_in_by_the_provider(
    runtime: Runtime, provider: Provider, superuser: Superuser
) -> None:
    comes_in(runtime, provider)
    superuser.run("UPDATE users SET disabled_at = now()")
    assert "gives you no role here" in refused(runtime, provider)


@pytest.mark.parametrize(
    "faults",
    [
        {"claims": {"nonce": "of another try"}},
        {"claims": {"aud": "another client"}},
        {"claims": {"aud": [CLIENT_ID, "another client"]}},
        {"claims": {"iss": "https://evil.test/realms/clinic"}},
        {"claims": {"exp": 1_000_000_000}},
        {"claims": {"iat": None}},
        {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
        {"key": "other"},
        {"alg": "HS256"},
        {"error": "access_denied"},
    ],
    ids=[
        "nonce",
        "audience",
        "two audiences, no azp",
        "issuer",
        "expired",
        "no iat",
        "at_hash",
        "forged",
        "symmetric",
        "refused there",
    ],
)
def test_what_does_not_hold_lets_nobody_in_and_repeats_nothing(
    runtime: Runtime, provider: Provider, superuser: Superuser, faults: dict[str, Any]
) -> None:
    provider.at_the_browser(faults=faults)
    said = refused(runtime, provider)
    assert "clinic.test" not in said
    assert "evil" not in said
    assert superuser.rows("SELECT 1 FROM users") == superuser.rows("SELECT 1 FROM sessions") == []


def test_an_answer_works_only_in_the_browser_that_asked(runtime: Runtime, provider: Provider) -> None:
    mine, theirs = oidc.begin(runtime, BACK), oidc.begin(runtime, BACK)
    answer = provider.answers(theirs.url)
    for secret in (mine.secret, ""):
        with pytest.raises(oidc.Refused, match="began in this browser"):
            oidc.finish(runtime, HERE, secret, answer, BACK)


def test_a_code_is_taken_once(runtime: Runtime, provider: Provider) -> None:
    way = oidc.begin(runtime, BACK)
    answer = provider.answers(way.url)
    oidc.finish(runtime, HERE, way.secret, answer, BACK)
    with pytest.raises(oidc.Refused):
        oidc.finish(runtime, HERE, way.secret, answer, BACK)


def test_a_new_key_of_the_provider_is_fetched_when_it_is_met(runtime: Runtime, provider: Provider) -> None:
    comes_in(runtime, provider)
    provider.at_the_browser(new_key=True)
    assert comes_in(runtime, provider).email == "anna@clinic.test"


def test_a_proof_once_more_is_asked_for_there_and_only_the_same_person_gives_it(
    runtime: Runtime, provider: Provider
) -> None:
    provider.at_the_browser(ago=3600)
    way = oidc.begin(runtime, BACK)
    secret = oidc.finish(runtime, HERE, way.secret, provider.answers(way.url), BACK)
    visitor = signin.visitor(runtime, secret)
    assert visitor is not None
    assert not signin.stepped_up(visitor), "they signed in there an hour ago"
    way = oidc.begin(runtime, BACK)
    with pytest.raises(oidc.Refused, match="did not ask for a fresh proof"):
        oidc.prove(runtime, visitor, secret, way.secret, provider.answers(way.url), BACK)
    way = oidc.begin(runtime, BACK, again=True)
    fresh = oidc.prove(runtime, visitor, secret, way.secret, provider.answers(way.url), BACK)
    proved = signin.visitor(runtime, fresh)
    assert proved is not None
    assert signin.stepped_up(proved)
    assert signin.visitor(runtime, secret) is None, "the old secret ends with the proof"
    assert provider.asked()[-1]["prompt"] == "login"
    provider.at_the_browser(sub="somebody-else", email="bea@clinic.test")
    way = oidc.begin(runtime, BACK, again=True)
    with pytest.raises(oidc.Refused, match="another person"):
        oidc.prove(runtime, proved, fresh, way.secret, provider.answers(way.url), BACK)


def test_the_provider_is_reached_through_the_egress_rules_alone(make: Build, provider: Provider) -> None:
    runtime = make()
    closed = build_closed(runtime)
    with pytest.raises(oidc.NoProvider, match="egress"):
        oidc.begin(closed, BACK)
    assert provider.asked() == []


def build_closed(runtime: Runtime) -> Runtime:
    """The same process without the exception for loopback."""
    from dataclasses import replace  # noqa: PLC0415 - here alone

    from channels.kit import Kit  # noqa: PLC0415 - as above

    oidc._directory._known.clear()  # noqa: SLF001 - as in a process that has not looked yet
    return replace(runtime, kit=Kit())


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9/realms/clinic", "http://127.0.0.1:9"])
def test_a_provider_that_is_not_there_is_said_plainly(make: Build, issuer: str) -> None:
    with pytest.raises(oidc.NoProvider, match="does not answer"):
        oidc.begin(make(issuer=issuer), BACK)


def test_two_tabs_at_once_are_two_tries(runtime: Runtime, provider: Provider) -> None:
    came: list[str] = []
    threads = [threading.Thread(target=lambda: came.append(comes_in(runtime, provider).email)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came == ["anna@clinic.test"] * 2
