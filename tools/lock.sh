#!/bin/sh
# Writes requirements/*.lock and uv.lock.txt: every version with its hashes, for every supported Python and platform at
# once, with no index address inside. Versions stay as they are where they still fit; UPGRADE=1 takes the newest.
set -eu
cd "$(dirname "$0")/.."

lock() {
  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
    --custom-compile-command "make lock" ${UPGRADE:+--upgrade} "$@"
}
lock pyproject.toml --extra embedded --extra keystores --group dev --output-file requirements/all.lock
lock pyproject.toml --constraint requirements/all.lock --output-file requirements/runtime.lock
echo uv >.venv/uv.in
lock .venv/uv.in --constraint requirements/all.lock --no-annotate --output-file requirements/uv.lock.txt
lock pyproject.toml --extra embedded --constraint requirements/all.lock --output-file requirements/demo.lock
sed -n 's/^requires = \["\(.*\)"\]$/\1/p' pyproject.toml >.venv/build.in
lock .venv/build.in --constraint requirements/all.lock --no-annotate --output-file requirements/build.lock
