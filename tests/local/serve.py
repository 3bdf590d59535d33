"""Starts the embedded servers of a data directory, prints their addresses as JSON, and waits to be told to stop.

`serve.py DATA_DIR` in a process of its own, so that it can be another user's or be killed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from router.local.postgres import OWNER, EmbeddedPostgres
from router.local.private import LocalError
from router.local.valkey import EmbeddedValkey

try:
    postgres = EmbeddedPostgres(Path(sys.argv[1])).start()
    valkey = EmbeddedValkey(Path(sys.argv[1])).start()
except LocalError as error:
    sys.exit(str(error))
found = {"web": postgres.url(), "owner": postgres.url(OWNER), "redis": valkey.url, "sockets": str(postgres.sockets)}
sys.stdout.write(json.dumps(found) + "\n")
sys.stdout.flush()
sys.stdin.readline()
valkey.stop()
postgres.stop()
