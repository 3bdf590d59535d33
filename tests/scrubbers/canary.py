"""The canary patient, everywhere that an application could let them slip into what it logs."""

from __future__ import annotations

NAME = "Zebulon Quackenbush"
MRN = "MRN-77341902"
EMAIL = "zq.canary@leakmail.test"
SSN = "219-09-9999"
PHONE = "(702) 555-0192"

TRACES = ("quackenbush", "zebulon", "77341902", "zq.canary", "leakmail", "219-09-9999", "219099999", "555-0192")
"""Parts by which anybody would know them, in lower case."""

BEARER = "abcdef1234567890"
COOKIE = "s3cr3t-cookie-value"
ADDRESS = "203.0.113.77"
KEY = b"an application's own key, 32 bytes or more"


def leaked(text: str | bytes) -> list[str]:
    """The traces that stand in `text`."""
    low = (text.decode("utf-8", "replace") if isinstance(text, bytes) else text).lower()
    return [trace for trace in TRACES if trace in low]
