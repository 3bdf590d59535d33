"""What stands between a browser and a page: the session cookie, the origin of a form, headers that forbid the rest.

A form is taken only from our own origin and with the session's token in it; the cookie is SameSite=Strict as well.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import MutableMapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

_PAGE: Final = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9-]{0,63}){1,6}")
_NO_PAGES: Final = frozenset(
    {"api", "healthz", "ingest", "metrics", "news", "prove", "readyz", "set-up", "sign-in", "sign-out", "static"}
)
_FIELDS: Final = "alertveil.fields"

FORM_BYTES: Final = 256 * 1024
"""No form of ours is longer: the longest one carries a sample of 64 K characters, three bytes each when escaped."""

FORM_FIELDS: Final = 160
"""No form of ours has more: the longest one names a hundred tokens."""

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'; object-src 'none'"
)
"""The content security policy of a page without a script."""

WITH_SCRIPT: Final = POLICY + "; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
"""The policy of a page with a script: only a file of ours, which turns no text into markup or code.

Nothing else of ours is a script to a browser: only /static answers with a type that one runs, and `nosniff` holds it to
that.
"""

HEADERS: Final = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "origin-agent-cluster": "?1",
    "permissions-policy": (
        "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), display-capture=(), geolocation=(),"
        " gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(),"
        " usb=(), xr-spatial-tracking=(), publickey-credentials-create=(self), publickey-credentials-get=(self)"
    ),
    # Not `no-referrer`: with it a browser sends `Origin: null` with our own forms, and they would be refused.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-permitted-cross-domain-policies": "none",
}

TRANSPORT: Final = "max-age=31536000; includeSubDomains"
"""A year of https only, as OWASP ASVS 5.0 §3.4.1 asks."""


def encrypted(request: Request, public_url: str) -> bool:
    """Does the browser speak https with us, at a proxy's front door if there is one."""
    return request.url.scheme == "https" or public_url.startswith("https://")


def cookie_name(request: Request, public_url: str, name: str = "alertveil") -> str:
    """A cookie's name. `__Host-` makes a browser refuse one that another host set, and needs https.

    Without https, which means plain http on this machine's loopback, the name goes without it.
    """
    return f"__Host-{name}" if encrypted(request, public_url) else name


def dress(response: Response, request: Request, public_url: str) -> Response:
    """Put the headers on that every page has."""
    put_on(response.headers, request.scope, public_url)
    return response


def put_on(headers: MutableHeaders, scope: MutableMapping[str, Any], public_url: str) -> None:
    """Put our headers on an answer that does not have its own."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope.get("scheme") == "https" or public_url.startswith("https://"):
        headers.setdefault("strict-transport-security", TRANSPORT)


def own_origin(request: Request, public_url: str) -> bool:
    """Does this form come from a page of ours. A browser says where it is from with every POST; a script may not."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    parts = urlsplit(origin)
    ours = {request.headers.get("host", ""), urlsplit(public_url).netloc} - {""}
    return parts.scheme in {"http", "https"} and parts.netloc in ours


def from_elsewhere(request: Request) -> bool:
    """A link on another site led here: the browser left our strict cookie out, whoever is signed in."""
    return request.headers.get("sec-fetch-site") == "cross-site" and request.headers.get("sec-fetch-mode") == "navigate"


def same_token(given: str, expected: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


async def form(request: Request) -> dict[str, str]:
    """A small form's fields, the last of each name; empty when it is none or too long."""
    return dict(await fields(request))


async def fields(request: Request) -> list[tuple[str, str]]:
    """A small form's fields, names repeated as they come; empty when it is none or too long. Read once a request."""
    if _FIELDS not in request.scope:
        request.scope[_FIELDS] = await _read(request)
    found: list[tuple[str, str]] = request.scope[_FIELDS]
    return found


async def _read(request: Request) -> list[tuple[str, str]]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return []
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > FORM_BYTES:
            return []
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS)
    except ValueError:
        return []


def own_page(path: str) -> str:
    """A page of ours to go to afterwards, whatever the address said; the first one when it is none."""
    head = path.strip("/").partition("/")[0]
    return path if _PAGE.fullmatch(path) and head not in _NO_PAGES else "/"


def origin(request: Request, public_url: str) -> str:
    """Our own origin as the browser knows it: the public address, or localhost for whoever sits at this machine."""
    public = urlsplit(public_url)
    host = request.headers.get("host", "")
    if not public_url or urlsplit(f"//{host}").hostname == "localhost":
        return f"{request.url.scheme}://{host}"
    return f"{public.scheme}://{public.netloc}"
