"""A webhook receiver that answers 204 to everything, as Standard Webhooks asks of one."""

from __future__ import annotations

from router.local.vendors.base import Captured, Fault, HttpVendor, Reply


class WebhookVendor(HttpVendor):
    """Takes any POST."""

    kind = "webhook"

    def answer(self, captured: Captured, fault: Fault | None) -> Reply:  # noqa: ARG002 - it knows no vendor's words
        """204 for a POST, 405 for anything else."""
        return Reply(204 if captured.method == "POST" else 405)
