"""What is sealed opens only through a committed grant, for the incident it came with, in the place where it lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from router.keys import IntegrityFailure, TenantKeys
from router.runtime import Runtime
from router.store.session import Session
from router.vault import Asked, open_credentials, seal_credentials
from tests.conftest import Database
from tests.flow.builder import EMAIL, NINA, Denied, Edge, Superuser, Tenant, build, nina, reveal, tenant

SECRET = "AKIAIOSFODNN7EXAMPLE"


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def runtime(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def edge(runtime: Runtime) -> Edge:
    return Edge(runtime)


@pytest.fixture
def clinic(runtime: Runtime) -> Tenant:
    made = tenant(runtime)
    nina(made)
    return made


def bounced(edge: Edge, clinic: Tenant, uid: str = "1", address: str = EMAIL) -> tuple[UUID, str]:
    """An incident whose alert holds an address, and that address's token."""
    event = {"title": "bounced", "alert_uid": uid, "message": f"mail to {address}"}
    (receipt,) = edge.take(clinic.post(event))
    assert receipt.incident_id is not None
    (row,) = clinic.rows("SELECT tokens FROM alerts WHERE alert_id = %s", [receipt.alert_id])
    return receipt.incident_id, next(token for token in row.tokens if token.startswith("<EMAIL_"))


def ask(clinic: Tenant, session: Session, grant: UUID, incident: UUID, *tokens: str) -> str:
    (row,) = session.rows("SELECT user_id FROM users WHERE email = %s", (NINA,)) or [None]
    asked = Asked(grant, incident, tokens, row.user_id if row else uuid4(), NINA, "treatment", "called")
    return clinic.runtime.vault.ask_reveal(session, asked)


FETCH = "SELECT token FROM vault.fetch(%s, %s)"


def test_a_granted_token_opens_once_and_the_grant_says_who_when_and_why(
    edge: Edge, clinic: Tenant, superuser: Superuser
) -> None:
    incident, token = bounced(edge, clinic)
    (opened,) = reveal(clinic, incident, token)
    assert opened.value == EMAIL
    assert EMAIL not in repr(opened)
    row = superuser.one(
        "SELECT grant_id, actor, purpose, reason, allowed, fetched_at IS NOT NULL AS used FROM vault.grants"
    )
    assert tuple(row)[1:] == (NINA, "treatment", "patient called", True, True)
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        assert session.rows(FETCH, (row.grant_id, NINA)) == []


def test_a_grant_gives_nothing_in_its_own_transaction(edge: Edge, clinic: Tenant) -> None:
    incident, token = bounced(edge, clinic)
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        grant = uuid4()
        assert ask(clinic, session, grant, incident, token) == "allowed"
        assert session.rows(FETCH, (grant, NINA)) == []
        session.run("SAVEPOINT deeper")
        assert session.rows(FETCH, (grant, NINA)) == []


def test_a_grant_that_was_rolled_back_gives_nothing(edge: Edge, clinic: Tenant) -> None:
    incident, token = bounced(edge, clinic)
    grant = uuid4()
    with pytest.raises(RuntimeError), clinic.runtime.database.tenant(clinic.tenant_id) as session:  # noqa: PT012 - how it ends is the story
        ask(clinic, session, grant, incident, token)
        raise RuntimeError
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        assert session.rows(FETCH, (grant, NINA)) == []


def test_a_grant_is_its_actors_and_its_minutes(edge: Edge, clinic: Tenant, superuser: Superuser) -> None:
    incident, token = bounced(edge, clinic)
    grant = uuid4()
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        ask(clinic, session, grant, incident, token)
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        assert session.rows(FETCH, (grant, "user:mallory")) == []
    superuser.run("UPDATE vault.grants SET at = at - interval '61 seconds'")
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        assert session.rows(FETCH, (grant, NINA)) == []


def test_a_grant_of_one_tenant_gives_another_nothing(edge: Edge, clinic: Tenant) -> None:
    incident, token = bounced(edge, clinic)
    stranger, grant = tenant(clinic.runtime), uuid4()
    nina(stranger)
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        ask(clinic, session, grant, incident, token)
    with clinic.runtime.database.tenant(stranger.tenant_id) as session:
        assert session.rows(FETCH, (grant, NINA)) == []
        assert ask(clinic, session, uuid4(), incident, token) == "a token does not belong to this incident"


def test_a_token_of_another_incident_is_denied_and_the_denial_stays(
    edge: Edge, clinic: Tenant, superuser: Superuser
) -> None:
    first, _ = bounced(edge, clinic)
    _, other = bounced(edge, clinic, "2", "someone.else@leakmail.test")
    with pytest.raises(Denied, match="does not belong to this incident"):
        reveal(clinic, first, other)
    row = superuser.one("SELECT allowed, verdict, fetched_at FROM vault.grants")
    assert tuple(row) == (False, "a token does not belong to this incident", None)


def test_a_token_that_only_appears_in_a_text_is_shown_and_never_opened(edge: Edge, clinic: Tenant) -> None:
    _, token = bounced(edge, clinic)
    (receipt,) = edge.take(clinic.post({"title": "forged", "alert_uid": "2", "message": f"who is {token}"}))
    assert receipt.incident_id is not None
    (row,) = clinic.rows("SELECT description, tokens FROM incidents i JOIN alerts a USING (tenant_id, incident_id)"
                         " WHERE a.alert_id = %s", [receipt.alert_id])  # fmt: skip
    assert token in row.description
    assert token not in row.tokens
    with pytest.raises(Denied):
        reveal(clinic, receipt.incident_id, token)


def test_a_secret_is_sealed_and_never_opened(edge: Edge, clinic: Tenant) -> None:
    (receipt,) = edge.take(clinic.post({"title": "login failed", "message": f"password={SECRET}"}))
    assert receipt.incident_id is not None
    (row,) = clinic.rows("SELECT tokens FROM alerts")
    token = next(each for each in row.tokens if each.startswith("<SECRET_"))
    with pytest.raises(Denied, match="secrets are never opened"):
        reveal(clinic, receipt.incident_id, token)


@pytest.mark.parametrize(("actor", "reason"), [("", "called"), (NINA, "")])
def test_nobody_and_no_reason_are_denied(edge: Edge, clinic: Tenant, actor: str, reason: str) -> None:
    incident, token = bounced(edge, clinic)
    with pytest.raises(Denied, match="needed"):
        reveal(clinic, incident, token, actor=actor, reason=reason)


@pytest.mark.parametrize(
    "moved",
    [
        "UPDATE vault.entries a SET sealed = b.sealed FROM vault.entries b WHERE a.token={mine} AND b.token={theirs}",
        "UPDATE vault.entries SET kind = 'PHONE' WHERE token = {mine} AND {theirs} <> ''",
        "UPDATE vault.entries SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) WHERE token = {mine}",
    ],
)
@pytest.mark.parametrize("across", [False, True])
def test_a_ciphertext_that_was_moved_or_edited_does_not_open(
    edge: Edge,
    clinic: Tenant,
    superuser: Superuser,
    moved: str,
    across: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    incident, mine = bounced(edge, clinic)
    other = tenant(clinic.runtime) if across else clinic
    _, theirs = bounced(edge, other, "2", "someone.else@leakmail.test")
    superuser.run(moved.replace("{mine}", f"'{mine}'").replace("{theirs}", f"'{theirs}'"))
    with pytest.raises(IntegrityFailure):
        reveal(clinic, incident, mine)


def test_credentials_open_for_their_destination_only() -> None:
    mine, theirs = (TenantKeys(uuid4(), {1: bytes([n]) * 32}, {1: bytes([n]) * 32}) for n in (1, 2))
    place = uuid4()
    sealed = seal_credentials(mine, place, {"token": "xoxb"})
    assert open_credentials(mine, place, sealed, 1) == {"token": "xoxb"}
    for keys, where in ((mine, uuid4()), (theirs, place)):
        with pytest.raises(IntegrityFailure):
            open_credentials(keys, where, sealed, 1)


def test_a_tokens_uniqueness_is_a_constraint(edge: Edge, clinic: Tenant, superuser: Superuser) -> None:
    bounced(edge, clinic)
    found = superuser.one(
        "SELECT count(*) AS n FROM pg_constraint WHERE conrelid = 'vault.entries'::regclass AND contype = 'u'"
        " AND pg_get_constraintdef(oid) = 'UNIQUE (tenant_id, token)'"
    )
    assert found.n == 1
