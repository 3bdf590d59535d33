"""The one list of formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from router.sources import alertmanager, generic, pagerduty, tokenized
from router.sources.contract import Format

FORMATS: Final[Mapping[str, Format]] = {
    module.FORMAT.name: module.FORMAT for module in (alertmanager, generic, pagerduty, tokenized)
}
"""Every format by the name that a source's `format:` takes."""
