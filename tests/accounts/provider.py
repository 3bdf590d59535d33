"""An identity provider in its own process: Authlib's server parts over http.server, with Keycloak's shape of claims.

`GET /realms/<realm>/…` is what a client sees. Whoever is at the browser is decided beforehand with `POST /who`, so no
login page stands in between; `faults` there make it sign wrongly, which no library does by itself:
`{"claims": {...}, "faults": {"claims": {...}, "key": "other", "alg": "HS256", "error": "access_denied"}}`.
It prints its address, and ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl, urlsplit

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback

from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    AuthorizationServer,
    ClientMixin,
    OAuth2Payload,
    OAuth2Request,
    grants,
)
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID = "alertveil"
CLIENT_SECRET = "a secret of the client, with = and + in it"
REALM = "/realms/clinic"


class User(NamedTuple):
    """Who is at the browser."""

    claims: Mapping[str, Any]
    faults: Mapping[str, Any]
    auth_time: int


class Client(ClientMixin):  # type: ignore[misc]  # Authlib brings no types
    """The one client, which must say its secret and use PKCE."""

    client_id = CLIENT_ID

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return urlsplit(redirect_uri).path == "/sign-in/provider/answer"

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(client_secret, CLIENT_SECRET)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method, endpoint) == ("client_secret_basic", "token")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class Code(AuthorizationCodeMixin):  # type: ignore[misc]  # Authlib brings no types
    """An authorization code, good for one use."""

    def __init__(self, code: str, request: OAuth2Request) -> None:
        data = request.payload.data
        self.code = code
        self.user: User = request.user
        self.redirect_uri = data.get("redirect_uri")
        self.scope = data.get("scope")
        self.nonce = data.get("nonce")
        self.code_challenge = data.get("code_challenge")
        self.code_challenge_method = data.get("code_challenge_method")

    def get_redirect_uri(self) -> str:
        return str(self.redirect_uri)

    def get_scope(self) -> str:
        return str(self.scope)

    def get_nonce(self) -> str | None:
        return None if self.nonce is None else str(self.nonce)

    def get_auth_time(self) -> int:
        return self.user.auth_time

    def get_acr(self) -> str:
        return "1"

    def get_amr(self) -> list[str]:
        return ["pwd", "otp"]


class State:
    """What the process knows."""

    codes: ClassVar[dict[str, Code]] = {}
    user = User({}, {}, 0)
    key = RSAKey.generate_key(2048, parameters={"kid": "first", "use": "sig"}, private=True)
    other = RSAKey.generate_key(2048, parameters={"kid": "first", "use": "sig"}, private=True)
    asked: ClassVar[list[dict[str, str]]] = []


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib brings no types
    """The authorization code flow, codes in memory."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = ["client_secret_basic"]

    def save_authorization_code(self, code: str, request: OAuth2Request) -> Code:
        State.codes[code] = found = Code(code, request)
        return found

    def query_authorization_code(self, code: str, client: Client) -> Code | None:  # noqa: ARG002 - there is one client
        return State.codes.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        State.codes.pop(authorization_code.code, None)

    def authenticate_user(self, authorization_code: Code) -> User:
        return authorization_code.user


class IdToken(OpenIDCode):  # type: ignore[misc]  # Authlib brings no types
    """The ID token, right or as the faults want it."""

    issuer = ""

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:  # noqa: ARG002 - nonces are not kept here
        return False

    def get_client_algorithm(self, client: Client) -> str:  # noqa: ARG002 - there is one client
        return str(State.user.faults.get("alg", "RS256"))

    def get_encode_header(self, client: Client) -> dict[str, str]:
        return {"alg": self.get_client_algorithm(client), "kid": str(State.key.kid)}

    def get_compatible_claims(self, request: OAuth2Request) -> dict[str, Any]:  # noqa: ARG002 - all are alike
        now = int(time.time())
        return {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300}

    def resolve_client_private_key(self, client: Client) -> Any:  # noqa: ANN401 - a key
        if self.get_client_algorithm(client).startswith("HS"):
            return OctKey.import_key(CLIENT_SECRET)
        return State.other if State.user.faults.get("key") == "other" else State.key

    def generate_user_info(self, user: User, scope: str) -> UserInfo:  # noqa: ARG002 - all that is known
        return UserInfo(**{**user.claims, **user.faults.get("claims", {})})


class Payload(OAuth2Payload):  # type: ignore[misc]  # Authlib brings no types
    """Query and form of one request."""

    def __init__(self, data: dict[str, str]) -> None:
        self._data = data

    @property
    def data(self) -> dict[str, str]:
        return self._data

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return defaultdict(list, {key: [value] for key, value in self._data.items()})


class Request(OAuth2Request):  # type: ignore[misc]  # Authlib brings no types
    """One request as Authlib takes it."""

    def __init__(self, method: str, uri: str, headers: Mapping[str, str], data: dict[str, str]) -> None:
        super().__init__(method, uri, headers=headers)
        self.payload = Payload(data)
        self._data = data

    @property
    def args(self) -> dict[str, str]:
        return self._data

    @property
    def form(self) -> dict[str, str]:
        return self._data


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib brings no types
    """Authlib's server without a web framework."""

    def query_client(self, client_id: str) -> Client | None:
        return Client() if client_id == CLIENT_ID else None

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Nobody asks for one again."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, bytes, dict[str, str]]:  # noqa: ANN401 - anything
        content = json.dumps(body).encode() if isinstance(body, dict) else str(body or "").encode()
        return status, content, dict(headers)


class Handler(BaseHTTPRequestHandler):
    """The endpoints."""

    server_version = "provider"
    oauth: ClassVar[Server]
    here: ClassVar[str]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path == f"{REALM}/.well-known/openid-configuration":
            base = self.here + REALM
            self._json(
                {
                    "issuer": State.user.faults.get("issuer", base),
                    "authorization_endpoint": f"{base}/protocol/openid-connect/auth",
                    "token_endpoint": f"{base}/protocol/openid-connect/token",
                    "jwks_uri": f"{base}/protocol/openid-connect/certs",
                    "response_types_supported": ["code"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )
        elif parts.path == f"{REALM}/protocol/openid-connect/certs":
            self._json({"keys": [State.key.as_dict(private=False)]})
        elif parts.path == f"{REALM}/protocol/openid-connect/auth":
            self._authorize(query)
        elif parts.path == "/asked":
            self._json(State.asked)
        else:
            self._send(404, b"", {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.path == "/who":
            given = json.loads(body)
            State.user = User(given["claims"], given.get("faults", {}), int(time.time()) - given.get("ago", 0))
            if given.get("new_key"):
                State.key = RSAKey.generate_key(2048, parameters={"kid": "second", "use": "sig"}, private=True)
            State.asked.clear()
            self._send(204, b"", {})
        elif self.path == f"{REALM}/protocol/openid-connect/token":
            request = Request(
                "POST",
                self.here + self.path,
                {name.title(): value for name, value in self.headers.items()},
                dict(parse_qsl(body.decode())),
            )
            self._send(*self.oauth.create_token_response(request))
        else:
            self._send(404, b"", {})

    def _authorize(self, query: dict[str, str]) -> None:
        State.asked.append(query)
        user = State.user
        if query.get("prompt") == "login":
            user = State.user = user._replace(auth_time=int(time.time()))
        if user.faults.get("error"):
            goal = f"{query['redirect_uri']}?error={user.faults['error']}&state={query['state']}"
            self._send(302, b"", {"Location": goal})
            return
        kept = {key: value for key, value in query.items() if key not in {"prompt", "max_age"}}
        request = Request(
            "GET", self.here + self.path, {name.title(): value for name, value in self.headers.items()}, kept
        )
        grant = self.oauth.get_consent_grant(request, end_user=user)
        self._send(*self.oauth.create_authorization_response(request, grant_user=user, grant=grant))

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until standard input ends."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.here = f"http://127.0.0.1:{http.server_port}"
    IdToken.issuer = Handler.here + REALM
    Handler.oauth = Server(scopes_supported=["openid", "email", "profile"])
    Handler.oauth.register_token_generator("default", BearerTokenGenerator(lambda **_: secrets.token_urlsafe(32)))
    Handler.oauth.register_grant(CodeGrant, [CodeChallenge(required=True), IdToken(require_nonce=True)])
    print(Handler.here + REALM, flush=True)  # noqa: T201 - what whoever started it waits for
    threading.Thread(target=http.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
