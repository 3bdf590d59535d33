"""`alertveil up` without the command line, which is being written: the same supervisor, each part started by hand."""

from __future__ import annotations

import sys
from pathlib import Path

from router.local.supervisor import Part, Programs, main

_SETTINGS = "import os, sys; from router import settings; s = settings.read(); "


def programs(data_dir: Path) -> Programs:
    """Every step as a line of Python."""

    def python(code: str) -> list[str]:
        return [sys.executable, "-c", _SETTINGS + code]

    return Programs(
        keys_init=python("from router.keys import init_file; from pathlib import Path; init_file(Path(s.keystore))"),
        migrate=python("from router.store.migrate import migrate; migrate(s.owner_database_url, s.database_url)"),
        parts=(
            Part("web", python("from router.web.app import serve; sys.exit(serve(s))"), 2.5),
            Part("worker", python("from router.worker import run_worker; sys.exit(run_worker(s, beat=True))"), 3.5),
        ),
        demo=None,
        fill_demo=[sys.executable, "-c", str(data_dir)],
    )


if __name__ == "__main__":
    sys.exit(main(programs=programs))
