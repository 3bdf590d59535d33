"""The parts of `alertveil up` as tiny real processes, so that the supervisor is tested by itself.

`stand_in.py up …` is the supervisor with these parts; `stand_in.py web` and so on is one of them. A file named
`<part>.fail` in the data directory makes that part end at once, as a broken one does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from router.local import supervisor
from router.local.supervisor import Part, Programs

STUBBORN = "worker.stubborn"  # this file makes the worker ignore SIGTERM


def programs(data_dir: Path) -> Programs:
    me = [sys.executable, __file__]
    del data_dir
    return Programs(
        keys_init=[*me, "keys"],
        migrate=[*me, "migrate"],
        parts=(Part("web", [*me, "web"], 2.5), Part("worker", [*me, "worker"], 3.5)),
        demo=Part("inbox", [*me, "inbox"], 0.5),
        fill_demo=[*me, "demo"],
    )


class _Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def main(what: str) -> int:
    data_dir = Path(os.environ["ALERTVEIL_DATA_DIR"])
    with (data_dir / "ran.txt").open("a") as ran:
        ran.write(f"{what} {'owner' if 'ALERTVEIL_OWNER_DATABASE_URL' in os.environ else '-'}\n")
    if (data_dir / f"{what}.fail").exists():
        sys.stderr.write("first line\nThe stand-in is told to fail.\n")
        return 1
    if what == "keys":
        (data_dir / "keystore.json").write_text("{}")
    elif what == "web":
        address = (os.environ["ALERTVEIL_HTTP_HOST"], int(os.environ["ALERTVEIL_HTTP_PORT"]))
        HTTPServer(address, _Ready).serve_forever()
    elif what == "worker":
        subprocess.Popen(["sleep", "600"])  # a child of a child, which only the guard can reach
        if (data_dir / STUBBORN).exists():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(60)  # a part that does nothing, on purpose
    elif what == "inbox":
        signal.pause()
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "up":
        sys.exit(supervisor.main(sys.argv[2:], programs))
    sys.exit(main(sys.argv[1]))
