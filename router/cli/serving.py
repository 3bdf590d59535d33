"""The words that serve until they are stopped: `web`, `worker` and `beat`, one process each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from router import settings
from router.cli import failure


def main(words: Sequence[str]) -> int:
    """Run one service to its end. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="alertveil")
    chosen = parser.add_subparsers(dest="word", required=True)
    web = chosen.add_parser("web")
    web.add_argument("--quiet", action="store_true", help="print no set-up code; DATA_DIR/sign-in.txt holds it")
    worker = chosen.add_parser("worker")
    worker.add_argument("--beat", action="store_true")
    worker.add_argument("--name", default="")
    beat = chosen.add_parser("beat")
    for each in (web, worker, beat):
        each.add_argument("--json", action="store_true", help="one JSON line when it starts to serve")
    options = parser.parse_args(words)
    os.umask(0o077)
    try:
        config = settings.read()
        if options.word == "web":
            from router.web import app  # a worker does not serve HTTP

            (config.data_dir / "sign-in.txt").unlink(missing_ok=True)  # the code of an earlier start
            return app.serve(config, quiet=options.quiet, as_json=options.json)
        from router import worker as workers  # the web process needs no Celery

        if options.word == "beat":
            return workers.run_beat(config, as_json=options.json)
        return workers.run_worker(config, beat=options.beat, name=options.name, as_json=options.json)
    except Exception as error:  # noqa: BLE001 - whatever it is: one sentence, and no traceback with values in it
        sys.stderr.write(failure.sentence(error) + "\n")
        return 1
