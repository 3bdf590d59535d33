"""`alertveil bench`: how much goes through, how fast and at what cost. It measures and does not judge."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print. Returns 0, or 1 when a part broke off.

    The senders and the sink are modules of this package in processes of their own: they must not load all of it.
    """
    from router.bench.command import main as command  # noqa: PLC0415 - see above

    return command(argv)
