#!/bin/sh
# Finds a Python that fits and lets tools/setup.py make .venv with it. Run by `make setup`.
set -eu
cd "$(dirname "$0")/.."

fits='import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'
if [ -n "${PYTHON:-}" ]; then
  "$PYTHON" -c "$fits" 2>/dev/null && exec "$PYTHON" -I tools/setup.py
  echo "PYTHON=$PYTHON is no working Python 3.11 to 3.14: name another one, or leave PYTHON out to have one found." >&2
  exit 1
fi
for candidate in python3 python3.11 python3.12 python3.13 python3.14 python; do
  if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "$fits" 2>/dev/null; then
    exec "$candidate" -I tools/setup.py
  fi
done
echo "Alertveil needs Python 3.11 to 3.14, and none was found on the PATH: install one (Debian, Ubuntu: apt install python3 python3-pip; macOS: brew install python@3.13), or point to it with: make setup PYTHON=/path/to/python3" >&2
exit 1
