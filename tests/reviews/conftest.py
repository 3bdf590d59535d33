"""What the stories of reviews share: a clinic with a past, on a database of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from router.cli import tree
from router.runtime import Runtime
from tests.cli.conftest import Alertveil, Said
from tests.conftest import Database
from tests.flow.builder import Superuser, build, environment
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


@pytest.fixture
def alertveil(
    database: Database,
    tmp_path: Path,
    clinic: Clinic,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Alertveil:
    """Runs one command as `alertveil` does, in this process, for the clinic as the only tenant."""
    assert clinic.people
    for name, value in environment(database.app_url, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.umask", lambda _: 0)

    def run(*words_: object) -> Said:
        capsys.readouterr()
        code = tree.run([str(word) for word in words_])
        return Said(code, *capsys.readouterr())

    return run
