"""Creates or refreshes .venv. Says nothing when there is nothing to do, and nothing ever on standard output."""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LISTS = ("requirements.txt", "requirements-dev.txt", "constraints.txt")


def main(dev):
    wanted = "requirements-dev.txt" if dev else "requirements.txt"
    (ROOT / "var").mkdir(exist_ok=True)
    with open(ROOT / "var" / "setup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _runs("--version") and any(_stamp(name).exists() for name in (wanted, "requirements-dev.txt")):
            return
        if not _runs("-m", "pip", "--version"):
            _say("Creating the virtual environment.")
            _do(sys.executable, "-m", "venv", "--clear", VENV, hint="Debian and Ubuntu keep venv in python3-venv.")
        _say("Installing the Python packages; the first time takes a minute or two.")
        pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
        _do(*pip, "-r", ROOT / wanted, hint="Is the package index reachable?")
        _stamp(wanted).touch()


def _runs(*words):
    return PYTHON.exists() and subprocess.run([PYTHON, *words], capture_output=True).returncode == 0


def _stamp(wanted):
    """An empty file whose name says what is installed: the lists in full, so that any change of them is noticed."""
    contents = b"".join((ROOT / name).read_bytes() for name in LISTS)
    return VENV / f"{wanted}-{hashlib.sha256(contents).hexdigest()[:16]}"


def _do(*command, hint):
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode:
        _say(f"Setting up failed, see above. {hint}")
        sys.exit(2)


def _say(sentence):
    print(sentence, file=sys.stderr)


if __name__ == "__main__":
    main(dev="--dev" in sys.argv[1:])
