"""A value's keyed hash as a type of its own: what asks for a KeyedHash can never be given the value."""

from __future__ import annotations

from typing import Final, NoReturn, final

from router.privacy.tokens import is_token

DIGEST: Final = 32
_DOOR: Final = object()


@final
class KeyedHash:
    """HMAC-SHA-256 of a value, shown as a token. Only `Scrubber.hash` makes one; it cannot be changed or derived from.

    Equal values under one key are equal hashes, so a tag of this type still finds every event of one patient.
    """

    __slots__ = ("_digest", "_token")
    _digest: bytes
    _token: str

    def __new__(cls, *values: object) -> KeyedHash:
        """Refuse everything but `made`.

        Raises:
            TypeError: always, for anybody else: the value that was given is not repeated.
        """
        if len(values) != 3 or values[0] is not _DOOR:  # noqa: PLR2004 - the door and two parts
            raise TypeError("A KeyedHash comes from Scrubber.hash(kind, value) only.")
        _, token, digest = values
        if not (isinstance(token, str) and is_token(token) and isinstance(digest, bytes) and len(digest) == DIGEST):
            raise TypeError("A KeyedHash holds a token and a digest.")
        self = super().__new__(cls)
        object.__setattr__(self, "_digest", digest)
        object.__setattr__(self, "_token", token)
        return self

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("KeyedHash has no subclasses: one of them could hold the value.")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("A KeyedHash does not change.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("A KeyedHash does not change.")

    @property
    def hex(self) -> str:
        """The digest in 64 hexadecimal characters."""
        return self._digest.hex()

    def __str__(self) -> str:
        return self._token

    def __repr__(self) -> str:
        return f"<KeyedHash {self._token}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyedHash) and other._digest == self._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    def __reduce__(self) -> tuple[object, tuple[str, bytes]]:
        return made, (self._token, self._digest)


def made(token: str, digest: bytes) -> KeyedHash:
    """The only way to a KeyedHash, for `Scrubber.hash` and for unpickling; a text that is no token is refused."""
    return KeyedHash(_DOOR, token, digest)
