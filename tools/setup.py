"""Makes `.venv` from the locked, hashed versions: once, and again only when the lock, the project or its place changes.

Run by tools/setup.sh with the system's Python, so it uses the standard library only. Everything it says goes to
standard error, because `make up` promises its standard output to others. It writes inside the project, and to the
caches of pip and uv.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import ssl
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements" / "all.lock"
INSTALLER_LOCK = ROOT / "requirements" / "uv.lock.txt"
PROJECT = ROOT / "pyproject.toml"
STAMP = VENV / "setup-stamp"
BY_HASH = ("--require-hashes", "--only-binary", ":all:")


class SetupFailed(Exception):  # noqa: N818 - says what happened
    """One sentence for the person at the terminal: what failed and what to do."""


def main() -> int:
    """Bring `.venv` up to date; 0 when it is, 1 after a sentence that says why not."""
    with (ROOT / ".venv.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # two terminals on a fresh clone: the second waits, then finds it done
        found = read_stamp()
        wanted = wanted_stamp(found)
        if found == wanted:
            return 0
        try:
            if {**found, "project": ""} != {**wanted, "project": ""}:
                say("Setting up .venv from locked, hashed versions: needs the network once, takes about a minute.")
                STAMP.unlink(missing_ok=True)
                make_environment(wanted["python"])
                install_locked()
            install_project()
        except SetupFailed as failed:
            say(str(failed))
            return 1
        STAMP.write_text("".join(f"{key} {value}\n" for key, value in wanted.items()))
    return 0


def wanted_stamp(found: dict[str, str]) -> dict[str, str]:
    """What `.venv` is to be made from.

    Its place, because scripts hold absolute paths; the Python, which only a PYTHON=… given by a person changes; the
    hashes of the lock and of the project file.
    """
    asked = bool(os.environ.get("PYTHON"))
    return {
        "place": str(VENV),
        "python": sys.executable if asked else found.get("python", sys.executable),
        "lock": sha256(LOCK.read_bytes()).hexdigest(),
        "project": sha256(PROJECT.read_bytes()).hexdigest(),
    }


def read_stamp() -> dict[str, str]:
    """What the last finished set-up wrote; empty when there is none, or when its Python is gone."""
    try:
        lines = STAMP.read_text().splitlines()
    except OSError:
        return {}
    usable = PYTHON.exists() and (VENV / "bin" / "alertveil").exists()
    return {key: value for key, _, value in (line.partition(" ") for line in lines)} if usable else {}


def make_environment(python: str) -> None:
    """An empty virtual environment, without pip: Debian's `venv` cannot put one in unless python3-venv is installed."""
    if works(PYTHON) and made_here() and not os.environ.get("PYTHON"):
        return
    if VENV.exists():
        shutil.rmtree(VENV)
    run([python, "-m", "venv", "--without-pip", str(VENV)], "Python could not make a virtual environment.")


def works(python: Path) -> bool:
    """Does this interpreter run, in a version that fits."""
    test = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))"
    try:
        return subprocess.run([str(python), "-c", test], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def made_here() -> bool:
    """Was this environment made in this place, rather than moved or copied here (`pyvenv.cfg` keeps the command)."""
    try:
        return (VENV / "pyvenv.cfg").read_text().rstrip().endswith(f" {VENV}")
    except OSError:
        return False


def install_locked() -> None:
    """Put exactly the locked packages into the environment, by hash and from wheels only, so that no compiler runs."""
    bootstrap = VENV / "bootstrap"
    uv = bootstrap / "bin" / "uv"
    try:
        fetch_installer(bootstrap)
        run(
            [str(uv), "pip", "sync", "--quiet", "--python", str(PYTHON), *BY_HASH, str(LOCK)],
            "The locked packages could not be installed. Is the package index reachable from here? "
            "Behind a mirror, set UV_DEFAULT_INDEX (for uv) and PIP_INDEX_URL (for pip) to it.",
            **trust(),
        )
    finally:
        shutil.rmtree(bootstrap, ignore_errors=True)  # the environment has its own uv now


def trust() -> dict[str, str]:
    """The system's authorities for uv, where the system names any: a company's proxy is in no list of uv's own."""
    system = Path(ssl.get_default_verify_paths().openssl_cafile), Path("/etc/ssl/certs/ca-certificates.crt")
    known = any(each.is_file() for each in system)
    return {"UV_SYSTEM_CERTS": "1"} if known and "UV_SYSTEM_CERTS" not in os.environ else {}


def fetch_installer(target: Path) -> None:
    """uv, by hash, into `target`. `--target` needs neither a recent pip nor one inside the environment."""
    install = ["install", "--quiet", *BY_HASH, "--target", str(target), "-r", str(INSTALLER_LOCK)]
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], check=False, capture_output=True).returncode != 0:
        run(
            [str(PYTHON), "-m", "ensurepip", "--default-pip"],
            "This Python has neither pip nor ensurepip: install pip (Debian, Ubuntu: apt install python3-pip).",
        )
        pip = [str(PYTHON), "-m", "pip"]
    run(
        [*pip, *install],
        "pip could not fetch the installer (uv). Is the package index reachable from here? "
        "Behind a mirror, set PIP_INDEX_URL (for pip) and UV_DEFAULT_INDEX (for uv) to it.",
        PIP_USER="0",
        PIP_REQUIRE_VIRTUALENV="0",
        PIP_ROOT_USER_ACTION="ignore",
        PIP_DISABLE_PIP_VERSION_CHECK="1",
    )


def install_project() -> None:
    """The project itself, editable, built with the locked hatchling: no network, nothing resolved."""
    into_it = ["--quiet", "--offline", "--python", str(PYTHON), "--no-deps", "--no-build-isolation"]
    run(
        [str(VENV / "bin" / "uv"), "pip", "install", *into_it, "--editable", str(ROOT)],
        "The project could not be installed into .venv.",
    )


def run(command: list[str], sentence: str, **environment: str) -> None:
    """Run `command` with its output on standard error.

    Raises:
        SetupFailed: it did not exit with 0; the text is `sentence`, the program's own words stand above it.
    """
    try:
        done = subprocess.run(command, check=False, stdout=sys.stderr, cwd=ROOT, env={**os.environ, **environment})
    except OSError as error:
        raise SetupFailed(f"{sentence} ({error.strerror})") from None
    if done.returncode != 0:
        raise SetupFailed(sentence)


def say(text: str) -> None:
    """A line for the person at the terminal."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
