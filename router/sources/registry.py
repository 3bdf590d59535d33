"""The one list of formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from router.sources import (
    alertmanager,
    cloudwatch,
    datadog,
    generic,
    grafana,
    opsgenie,
    pagerduty,
    sentry,
    sentry_sdk,
    tokenized,
)
from router.sources.contract import Format

FORMATS: Final[Mapping[str, Format]] = {
    module.FORMAT.name: module.FORMAT
    for module in (
        alertmanager,
        grafana,
        sentry,
        sentry_sdk,
        datadog,
        cloudwatch,
        pagerduty,
        opsgenie,
        generic,
        tokenized,
    )
}
"""Every format by the name that a source's `format:` takes."""
