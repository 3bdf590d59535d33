"""What is known about vendors before anybody chooses: who signs a business associate agreement, and for what.

From the vendors' own pages or, where they say nothing, from what is generally advised. They are shown where the choice
is made and decide nothing: only an agreement on file does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Fact(NamedTuple):
    """One thing to know, and where it was found."""

    text: str
    source: str


BY_VENDOR: Final[Mapping[str, tuple[Fact, ...]]] = {
    "slack": (
        Fact(
            "Slack signs a business associate agreement for the Enterprise plans only; with any other plan nothing "
            "but tokens may go there.",
            "Slack's help centre: Slack and HIPAA",
        ),
        Fact(
            "The agreement covers messages and files, not names of channels, profiles or statuses; guests and shared "
            "channels are watched, and either suspends an opt-in.",
            "Slack's help centre: Slack and HIPAA",
        ),
    ),
    "pagerduty": (
        Fact(
            "PagerDuty publishes no agreement for health information: get its word in writing first, and otherwise "
            "treat it as a place without PHI. An event cannot be taken back once it is sent.",
            "ask the vendor",
        ),
    ),
}
"""By vendor, lower case, as a BAA and a channel's `vendor:` name it."""

BY_KIND: Final[Mapping[str, tuple[Fact, ...]]] = {
    "email": (
        Fact(
            "Mail needs an agreement with whoever runs the relay and the mailboxes, and enforced TLS to the relay "
            "(`tls: starttls` or `implicit`). What the relay does afterwards is its own: enforce TLS there too.",
            "45 CFR 164.312(e)(1)",
        ),
        Fact("Subject and preview always hold tokens: lock screens and gateways show them.", "design §8"),
    ),
    "webhook": (
        Fact(
            "A webhook needs https and an agreement with whoever runs the receiver and what it writes its logs to.",
            "45 CFR 164.308(b)(1)",
        ),
    ),
    "pagerduty": (Fact("Summaries always hold tokens: they are read out on telephones.", "design §8"),),
    "slack": (Fact("Notifications always hold tokens: lock screens show them.", "design §8"),),
}
"""By kind of channel."""


def facts(vendor: str, kind: str = "") -> tuple[Fact, ...]:
    """What to know before plaintext goes to this vendor through this kind of channel."""
    return (*BY_VENDOR.get(vendor.strip().lower(), ()), *BY_KIND.get(kind, ()))
