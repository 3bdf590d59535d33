"""How many examples a property is tried with: as many as its test says, in `make fuzz` as many as that profile says."""

from __future__ import annotations

import os

from hypothesis import settings


def examples(count: int) -> int:
    """`count`, for a property that wants more or fewer than others; under the profile `fuzz` that profile's number."""
    return settings.get_profile("fuzz").max_examples if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else count
