"""The files of a real deployment say what they promise: nothing in the clear between parts, no right unneeded."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from router import settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("alertveil")]
DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
INSTRUCTIONS = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if line.strip() and not line.startswith("#")]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("compose") / "secrets"
    subprocess.run(["sh", str(ROOT / "tools" / "compose_secrets.sh"), str(target)], check=True, capture_output=True)
    return target


def test_every_part_that_was_promised_is_there() -> None:
    always = {name for name, service in SERVICES.items() if "profiles" not in service}
    assert always == {"postgres", "redis", "keys", "migrate", "web", "worker", "beat"}
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["demo"]} == {"inbox", "demo"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_do_nothing_beyond_its_work(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["ulimits"] == {"core": 0}
    assert service.get("user", "10001") not in {"0", "0:0", "root"}


@pytest.mark.parametrize("name", ["postgres", "redis", "keys", "migrate", "beat"])
def test_a_part_that_talks_to_nobody_outside_has_no_network(name: str) -> None:
    assert SERVICES[name]["network_mode"] == "none"
    assert "ports" not in SERVICES[name]


def test_what_is_published_is_published_on_loopback_unless_a_person_says_otherwise() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["${ALERTVEIL_PUBLISH:-127.0.0.1:8443}:8443"], "worker": ["127.0.0.1:8090-8099:8090"]}


def test_no_secret_is_in_a_variable_or_a_command() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if variable != "ALERTVEIL_PUBLIC_URL":
                assert not re.search(r"(PASSWORD|_URL|TOKEN|SECRET|KEY)$", variable) or value.startswith("/run/"), (
                    variable
                )
                assert "://" not in value, f"{name}: {variable}"
        assert not re.search(r"requirepass|://", " ".join(service.get("command", []))), name


def test_every_secret_that_is_named_is_declared_and_made(secrets: Path) -> None:
    declared = {name: Path(entry["file"]).name for name, entry in COMPOSE["secrets"].items()}
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if value.startswith("/run/secrets/") and name != "inbox":
                assert value.removeprefix("/run/secrets/") in service["secrets"], f"{name}: {variable}"
        assert set(service.get("secrets", ())) <= declared.keys(), name
    assert {path.name for path in secrets.iterdir()} == {*declared.values(), "roles.sql"}


def test_the_secrets_are_kept_from_other_users_of_the_host(secrets: Path) -> None:
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700


def test_secrets_that_exist_are_not_overwritten(secrets: Path) -> None:
    before = (secrets / "database_url").read_bytes()
    done = subprocess.run(["sh", str(ROOT / "tools" / "compose_secrets.sh"), str(secrets)], check=False)
    assert done.returncode == 1
    assert (secrets / "database_url").read_bytes() == before


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "beat"])
def test_the_process_accepts_its_hops_without_an_exception_for_the_transport(name: str, secrets: Path) -> None:
    environ = {
        variable: value.replace("/run/secrets", str(secrets))
        for variable, value in SERVICES[name]["environment"].items()
        if not value.startswith("$")
    }
    read = settings.read(environ)
    settings.check_listener(read)
    assert not read.insecure_transport
    assert read.database_url.endswith("?host=/run/postgresql")
    assert read.redis_url.endswith("@/run/redis/redis.sock")


def test_only_migrate_is_given_the_owners_and_the_auditors_way_in() -> None:
    holders = {name for name, service in SERVICES.items() if "owner_database_url" in service.get("secrets", ())}
    assert holders == {"migrate"}


@pytest.mark.parametrize("name", OURS)
def test_our_services_stop_on_their_own_before_they_are_killed(name: str) -> None:
    assert SERVICES[name]["stop_grace_period"] == "15s"


def test_the_image_runs_as_an_ordinary_user_and_says_how_it_is() -> None:
    final = INSTRUCTIONS[max(index for index, (word, *_) in enumerate(INSTRUCTIONS) if word == "FROM") :]
    words = [word for word, *_ in final]
    user = next(rest[0] for word, *rest in final if word == "USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user), "a number, so that an orchestrator can see that it is not root"
    assert "HEALTHCHECK" in words
    assert words.index("USER") < words.index("ENTRYPOINT")


def test_the_image_is_made_from_locked_hashed_wheels_only() -> None:
    installs = [rest[0] for word, *rest in INSTRUCTIONS if word == "RUN" and " install " in rest[0]]
    text = " ".join(re.findall(r"(?:pip install|pip sync)[^&]*", " ".join(installs)))
    assert text.count("--require-hashes") == text.count("--only-binary :all:") == 2
    assert "--no-deps --build-constraints requirements/build.lock" in DOCKERFILE
    assert "--hash=sha256:" in (ROOT / "requirements" / "build.lock").read_text()
    assert "apt-get" not in DOCKERFILE
    assert not [word for word, *_ in INSTRUCTIONS if word == "ADD"]


def test_everything_the_image_copies_is_there_and_is_sent_to_the_builder() -> None:
    allowed = {line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    copied = [rest[0].split() for word, *rest in INSTRUCTIONS if word == "COPY"]
    sources = {
        part.rstrip("/") for parts in copied if "--from=build" not in parts for part in parts[:-1] if part[:2] != "--"
    }
    assert sources == allowed
    assert all((ROOT / source).exists() for source in sources)
