"""Checkpoints arrive where nobody of this host can change them, once each, and again after a place was away."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import trustme
from moto.server import ThreadedMotoServer

from router.core import checkpoint
from router.flow import audit_ship
from router.flow.audit_files import FOLDER
from router.settings import SettingsError, check_places

TENANT = "5439bc8c-c802-4358-bb98-b9d598745662"


def line(seq: int) -> bytes:
    said = {"seq": seq, "at": "2026-11-22T06:22:22.000000Z", "kind": "checkpoint", "tenant": TENANT}
    return json.dumps({"statement": json.dumps(said), "signature": "c2ln"}).encode() + b"\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory with two checkpoints of a tenant, and a third that a crash cut short."""
    made = tmp_path / FOLDER / TENANT
    made.mkdir(parents=True)
    (made / "2026-11.jsonl").write_bytes(line(8) + line(16) + line(20)[:-1])
    return tmp_path


class Receiver:
    """A syslog receiver that keeps what it hears."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.heard: list[bytes] = []
        self._news = threading.Condition()
        self._context = context
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                talk = self._context.wrap_socket(connection, server_side=True) if self._context else connection
                with talk:
                    text = b""
                    while more := talk.recv(65536):
                        text += more
                    with self._news:
                        self.heard.append(text)
                        self._news.notify_all()

    def stop(self, count: int = 2) -> list[bytes]:
        """What was heard, once so many have said their word: a sender may be done before we have accepted it."""
        with self._news:
            self._news.wait_for(lambda: len(self.heard) >= count)
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()
        return self.heard


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="evidence")
    yield "evidence"
    server.stop()


def test_each_checkpoint_becomes_one_object_and_goes_out_once(folder: Path, bucket: str) -> None:
    to = audit_ship.places([f"s3://{bucket}/alertveil"], None)
    assert [audit_ship.ship(folder, to), audit_ship.ship(folder, to)] == [2, 0]
    (folder / FOLDER / TENANT / "2026-11.jsonl").write_bytes(line(8) + line(16) + line(20))
    assert audit_ship.ship(folder, to) == 1
    client = boto3.client("s3")
    names = [each["Key"] for each in client.list_objects_v2(Bucket=bucket)["Contents"]]
    stem = f"alertveil/{TENANT}/0000000000"
    assert names == [f"{stem}{seq:02}-2026-11-22T06:22:22.000000Z-checkpoint.json" for seq in (8, 16, 20)]
    body = client.get_object(Bucket=bucket, Key=names[0])["Body"].read()
    assert checkpoint.unpack(body) == checkpoint.unpack(line(8))


def test_a_place_that_is_away_gets_all_of_it_later_and_does_not_hold_up_another(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        away = f"syslog+tcp://127.0.0.1:{closed.getsockname()[1]}"
    receiver = Receiver()
    urls = [away, f"syslog+tcp://127.0.0.1:{receiver.port}"]
    assert audit_ship.ship(folder, audit_ship.places(urls, None)) == 2
    back = Receiver()
    urls[0] = f"syslog+tcp://127.0.0.1:{back.port}"
    assert audit_ship.ship(folder, audit_ship.places(urls, None)) == 2
    assert len(receiver.stop()) == 2
    first, second = back.stop()
    length, _, message = first.partition(b" ")
    assert int(length) == len(message)
    assert message.startswith(b"<134>1 ")
    assert message.endswith(line(8).strip())
    assert second.endswith(line(16).strip())


def test_over_tls_the_receivers_certificate_is_checked(folder: Path, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    anchor = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(anchor)
    receiver = Receiver(context)
    to = audit_ship.places([f"syslog+tls://localhost:{receiver.port}"], anchor)
    assert audit_ship.ship(folder, to) == 2
    assert len(receiver.stop()) == 2


def test_a_local_socket_and_datagrams_get_one_message_each(folder: Path, tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as remote,
    ):
        local.bind(str(tmp_path / "log"))
        remote.bind(("127.0.0.1", 0))
        urls = [f"syslog://{tmp_path / 'log'}", f"syslog://127.0.0.1:{remote.getsockname()[1]}"]
        assert audit_ship.ship(folder, audit_ship.places(urls, None)) == 4
        assert local.recv(4096).startswith(b"<134>alertveil[")
        assert remote.recv(4096).endswith(line(8).strip())


@pytest.mark.parametrize("url", ["syslog://logs.example:514", "syslog+tcp://10.0.0.9:601", "https://x", "s3://"])
def test_a_place_in_the_clear_or_of_no_kind_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="CHECKPOINTS_TO"):
        check_places("CHECKPOINTS_TO", [url], insecure=False)
