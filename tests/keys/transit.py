"""A small server that speaks the transit part of HashiCorp Vault's HTTP API, and can be killed or sealed by a test.

Paths, status codes and texts are those of the API reference (https://developer.hashicorp.com/vault/api-docs/secret/transit)
and of OpenBao 2.7, against which the same tests run where it is installed.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "a-test-token-that-opens-nothing-else"


class Transit:
    """The server's state: one key with its versions. `calls` are the paths asked for."""

    def __init__(self, *, key: str = "alertveil", token: str = TOKEN) -> None:
        self.key = key
        self.token = token
        self.versions = {1: AESGCM(os.urandom(32))}
        self.sealed = False
        self.calls: list[str] = []
        self.connections: list[socket.socket] = []
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        """As ALERTVEIL_KEYSTORE names it."""
        return f"vault+http://127.0.0.1:{self._port}/transit/{self.key}"

    def start(self) -> None:
        """Listen; again on the same port after a kill."""
        transit = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                self.do_PUT()

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = transit.answer(
                    self.path, self.headers.get("X-Vault-Token", ""), json.loads(body or b"{}")
                )
                raw = json.dumps(answer).encode() if answer is not None else b""
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's
                transit.connections.append(request)
                super().process_request(request, client_address)

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def kill(self) -> None:
        """Gone: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            for each in self.connections:  # as a killed process's are
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            self.connections.clear()

    def answer(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        """(status, JSON) for a request."""
        self.calls.append(path)
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != self.token:
            return 403, {"errors": ["permission denied"]}
        match path.removeprefix("/v1/transit/").split("/"):
            case ["encrypt", self.key]:
                return self._encrypt(body)
            case ["decrypt", self.key]:
                return self._decrypt(body)
            case ["keys", self.key, "rotate"]:
                self.versions[max(self.versions) + 1] = AESGCM(os.urandom(32))
                return 200, {"data": {"latest_version": max(self.versions)}}
            case ["encrypt", _]:
                return 403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
            case ["decrypt", _]:
                return 400, {"errors": ["encryption key not found"]}
            case _:
                return 404, {"errors": []}

    def _encrypt(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        newest = max(self.versions)
        nonce = os.urandom(12)
        bound = base64.b64decode(body.get("associated_data", ""))
        sealed = nonce + self.versions[newest].encrypt(nonce, base64.b64decode(body["plaintext"]), bound)
        text = f"vault:v{newest}:{base64.b64encode(sealed).decode()}"
        return 200, {"data": {"ciphertext": text, "key_version": newest}}

    def _decrypt(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            _, version, text = body["ciphertext"].split(":")
            sealed = base64.b64decode(text, validate=True)
            key = self.versions[int(version.removeprefix("v"))]
            opened = key.decrypt(sealed[:12], sealed[12:], base64.b64decode(body.get("associated_data", "")))
        except (InvalidTag, ValueError, KeyError):
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(opened).decode()}}
