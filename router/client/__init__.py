"""A typed client of `/api/v1`, thin and quick to start: `alertveil --url …` uses it, and so may any script.

    with Client("https://alerts.example", token_of(Path("token"))) as client:
        for incident in client.list_incidents(status="live"):
            print(incident.short_id, incident.title)

It knows the wire and nothing of the product behind it: neither flows nor the database.
"""

from __future__ import annotations

from typing import Self

from router.client.api import Api
from router.client.wire import Refused, Unreachable, Unusable, Wire, token_of

__all__ = ["Client", "Refused", "Unreachable", "Unusable", "token_of"]


class Client(Api):
    """A server and the token that asks it. Raises Unusable as Wire."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(Wire(url, token))

    def __repr__(self) -> str:
        return "<Client>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    @property
    def etag(self) -> str:
        """The ETag of the last answer: what an If-Match takes."""
        return self._wire.etag
