"""The embedded services: shared, started once, and gone with their last user."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

from assurance_portal import launcher
from assurance_portal.launcher import keeper

USER = """
import sys, time
from pathlib import Path
from assurance_portal import launcher
print(launcher.attach("test", Path(sys.argv[1]))["DATABASE_URL"], flush=True)
time.sleep(600)
"""


@pytest.fixture
def services(tmp_path):
    """Starts processes that use services of their own, under tmp_path, and ends what is left of them."""
    started = []

    def use():
        environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        command = [sys.executable, "-c", USER, tmp_path]
        started.append(
            subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield use
    for process in started:
        process.kill()
        process.communicate()
    for pid in _keepers(tmp_path):
        os.kill(pid, signal.SIGTERM)
    _wait_until(lambda: not _processes_of(tmp_path))
    shutil.rmtree(tmp_path)  # pytest would keep the clusters of three sessions


@pytest.mark.services
def test_two_cold_starts_at_once_share_one_server(services, tmp_path):
    users = [services(), services()]

    addresses = {user.stdout.readline().strip() for user in users}

    assert len(addresses) == 1
    assert _select("SELECT current_user", addresses.pop()) == "portal_owner"
    assert len(_keepers(tmp_path)) == 2  # one of PostgreSQL, one of Valkey


@pytest.mark.services
def test_killing_the_last_user_leaves_nothing_behind(services, tmp_path):
    user = services()
    user.stdout.readline()

    user.kill()

    _wait_until(lambda: not _processes_of(tmp_path))


@pytest.mark.services
def test_killing_the_keepers_stops_the_services_and_the_next_user_recovers_them(services, tmp_path):
    address = services().stdout.readline().strip()
    _select("CREATE TABLE kept AS SELECT 7 AS number; SELECT number FROM kept", address)

    for pid in _keepers(tmp_path):
        os.kill(pid, signal.SIGKILL)

    _wait_until(lambda: not _processes_of(tmp_path))
    assert services().stdout.readline().strip() == address
    assert _select("SELECT number FROM kept", address) == 7


@pytest.mark.services
def test_a_crashed_server_is_started_again(services, tmp_path):
    address = services().stdout.readline().strip()

    os.kill(int((tmp_path / "test/postgres/data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    time.sleep(keeper.PAUSE_SECONDS)

    _wait_until(lambda: keeper.Postgres(tmp_path / "test" / "postgres").answers())
    assert _select("SELECT 1", address) == 1


@pytest.mark.parametrize("folder", ["/srv/" + "deep/" * 20, "/srv/odd name", "/srv/ünüsual"])
def test_sockets_move_when_a_path_is_too_long_or_odd(folder):
    socket = keeper.short_folder(Path(folder), ".s.PGSQL.5432") / ".s.PGSQL.5432"

    assert len(os.fsencode(socket)) <= keeper.LONGEST_SOCKET_PATH
    assert not socket.is_relative_to("/srv")


def test_ordinary_paths_hold_their_own_sockets():
    assert keeper.short_folder(Path("/srv/portal"), "valkey.sock") == Path("/srv/portal")


def test_a_folder_others_can_enter_is_refused(tmp_path):
    (tmp_path / "open").mkdir(mode=0o755)

    with pytest.raises(keeper.CannotStart, match="not a private folder"):
        keeper.make_private(tmp_path / "open")


def test_given_addresses_start_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/portal")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    monkeypatch.delenv("DATABASE_APP_URL", raising=False)

    addresses = launcher.attach("test", tmp_path)

    assert addresses == {"DATABASE_URL": "postgresql://elsewhere/portal", "REDIS_URL": "redis://elsewhere/0"}
    assert not list(tmp_path.iterdir())


def _select(query, address):
    with contextlib.closing(psycopg2.connect(address)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def _processes_of(folder):
    """Command lines by process, of what runs in `folder`; the users themselves are not meant."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if f"{folder}/test" in line or str(folder) in os.readlink(process / "cwd"):
                found[int(process.name)] = line
    return found


def _keepers(folder):
    return [pid for pid, line in _processes_of(folder).items() if "keeper.py" in line]


def _wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.1)
