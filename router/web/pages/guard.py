"""What stands between a browser and a page: the session cookie, the origin of a form, headers that forbid the rest.

A form is taken only from our own origin and with the session's token in it; the cookie is SameSite=Strict as well.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import Response

FORM_BYTES: Final = 16 * 1024
"""No form of ours is longer."""

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none';"
        " base-uri 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), clipboard-read=(), geolocation=(), microphone=()",
    # Not `no-referrer`: with it a browser sends `Origin: null` with our own forms, and they would be refused.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def encrypted(request: Request, public_url: str) -> bool:
    """Does the browser speak https with us, at a proxy's front door if there is one."""
    return request.url.scheme == "https" or public_url.startswith("https://")


def cookie_name(request: Request, public_url: str) -> str:
    """The session cookie's name. `__Host-`, which needs https, makes a browser refuse one set for other hosts."""
    return "__Host-alertveil" if encrypted(request, public_url) else "alertveil"


def dress(response: Response, request: Request, public_url: str) -> Response:
    """Put the headers on that every page has."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if encrypted(request, public_url):
        response.headers["strict-transport-security"] = "max-age=31536000"
    return response


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
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return {}
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > FORM_BYTES:
            return {}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return {}
