"""What the stories of reviews share: a clinic with a past, on a database of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from router.runtime import Runtime
from tests.conftest import Database
from tests.flow.builder import Superuser, build
from tests.reviews.clinic import Clinic


@pytest.fixture
def runtime(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def clinic(runtime: Runtime, superuser: Superuser) -> Clinic:
    return Clinic(runtime, superuser)
