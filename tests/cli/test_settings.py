"""What the environment may say: every mistake in it is a sentence that names the variable, and no hop is left open."""

from __future__ import annotations

from pathlib import Path

import pytest

from router import settings, wiring
from router.settings import SettingsError

LOCAL = "postgresql://app@localhost/alertveil"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app@localhost,db.example/alertveil",
        "postgresql://app@/alertveil?host=/run/postgresql,db.example",
        "postgresql://app@/alertveil?host=localhost&host=db.example",
        "postgresql://app@localhost/alertveil?hostaddr=192.0.2.7",
        "postgresql://app@db.example/alertveil?sslmode=require",
        "postgresql://app@db.example/alertveil?sslmode=verify-full&sslmode=disable",
    ],
)
def test_a_database_url_of_which_one_server_is_elsewhere_needs_verified_tls(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL leaves this host unverified"):
        settings.read({"ALERTVEIL_DATABASE_URL": url})
    read = settings.read({"ALERTVEIL_DATABASE_URL": url, "ALERTVEIL_INSECURE_TRANSPORT": "on"})
    assert dict(settings.hops(read))["to the database"] == "NOT VERIFIED: it may be in the clear"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app@/alertveil?host=/run/postgresql",
        "postgresql://app@127.0.0.1,[::1]/alertveil",
        "postgresql://app@localhost/alertveil?hostaddr=127.0.0.1",
        "postgresql://app@one.example,two.example/alertveil?sslmode=verify-full",
    ],
)
def test_a_database_url_that_stays_here_or_is_verified_is_taken(url: str) -> None:
    assert settings.read({"ALERTVEIL_DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "loud"),
        ("PUBLIC_URL", "pager.example"),
        ("PUBLIC_URL", "http://"),
        ("PUBLIC_URL", "https://pager.example/?a=b"),
        ("PUBLIC_URL", "https://pager.example/two words"),
        ("PUBLIC_URL", "https://[::1"),
        ("KILL_SWITCH", "maybe"),
        ("HTTP_PORT", "65536"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^ALERTVEIL_{name} ") as refused:
        settings.read({f"ALERTVEIL_{name}": value})
    assert value not in str(refused.value)


def test_an_address_of_ipv6_may_stand_in_the_brackets_that_urls_give_it() -> None:
    read = settings.read({"ALERTVEIL_HTTP_HOST": "[::1]"})
    assert read.http_host == "::1"
    settings.check_listener(read)


def test_a_certificate_and_its_key_come_together_and_can_be_read(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere.pem")
    for given in ({"CERT": nowhere}, {"KEY": nowhere}):
        read = settings.read({f"ALERTVEIL_HTTP_TLS_{name}": value for name, value in given.items()})
        with pytest.raises(SettingsError, match="come together"):
            settings.check_listener(read)
    read = settings.read({"ALERTVEIL_HTTP_TLS_CERT": nowhere, "ALERTVEIL_HTTP_TLS_KEY": nowhere})
    with pytest.raises(SettingsError, match="cannot be used"):
        settings.check_listener(read)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_trust_anchors_that_cannot_be_read_are_a_sentence(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "anchors.pem"
    if content is not None:
        file.write_text(content)
    given = {"ALERTVEIL_DATABASE_URL": LOCAL, "ALERTVEIL_EGRESS_CA_FILE": str(file)}
    with pytest.raises(SettingsError, match="ALERTVEIL_EGRESS_CA_FILE"):
        wiring.build(settings.read({**given, "ALERTVEIL_DATA_DIR": str(tmp_path)}), check=False)


def test_a_directory_that_was_removed_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SettingsError, match="ALERTVEIL_DATA_DIR starts from a directory that is not there"):
        settings.read({})
    assert settings.read({"ALERTVEIL_DATA_DIR": str(tmp_path)}).data_dir == tmp_path
