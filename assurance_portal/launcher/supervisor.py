"""Runs the whole portal on one machine for bin/run: prepares it, then keeps web, worker and clock running."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from assurance_portal import launcher
from assurance_portal.launcher.keeper import die_with_parent
from assurance_portal.launcher.logins import kept_secret, web_address

THREADS = 8
PAUSE_SECONDS = 2
STOPPING_SECONDS = 15


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopping is one thing, however it is asked for
    try:
        port = _free_port(os.environ.get("PORT", "8000"))
        os.environ.update(launcher.attach("portal"), **_surroundings(port))
        for command in ("prepare", "demo"):
            _manage(command)
        _serve(port)
    except launcher.CannotStart as error:
        sys.exit(_say(error) or 2)
    except KeyboardInterrupt:
        _say("The portal has stopped.")


def _surroundings(port):
    """What the portal's processes find in their environment, whoever started us."""
    return {
        "DJANGO_SETTINGS_MODULE": "assurance_portal.settings",
        "PORTAL_DEMO": "1",
        "PORTAL_DEBUG": "",
        "PORTAL_URL": f"http://localhost:{port}",
        "SECRET_KEY": os.environ.get("SECRET_KEY") or kept_secret("secret_key"),
    }


def _free_port(wanted):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(wanted)))
        except (OSError, OverflowError, ValueError) as error:
            sentence = f"Port {wanted} is taken or cannot be used. Choose another, for example: PORT=8001 bin/run"
            raise launcher.CannotStart(sentence) from error
        return int(wanted)


def _manage(*words):
    process = _start([sys.executable, "manage.py", *words])
    try:
        status = process.wait()
    except KeyboardInterrupt:
        _stop([process])
        raise
    if status:
        raise launcher.CannotStart(f"The portal cannot start: manage.py {' '.join(words)} failed, see above.")


def _serve(port):
    """Web, worker and clock act by a login that does not own the tables, as in production."""
    os.environ.update(DATABASE_URL=web_address(), DATABASE_ROLE="portal_app")
    commands = _commands(port)
    running = {name: _start(command) for name, command in commands.items()}
    announced = False
    try:
        while True:
            time.sleep(0.2)
            if not announced and _answers(port):
                announced = True
                _announce(port)
            for name, process in running.items():
                if process.poll() is not None:
                    if not announced:
                        raise launcher.CannotStart(f"The portal cannot start: the {name} ended, see above.")
                    _say(f"The {name} ended with {process.returncode} and is started again.")
                    time.sleep(PAUSE_SECONDS)
                    running[name] = _start(commands[name])
    finally:
        _stop(running.values())


def _commands(port):
    """Celery's warning about root is left out: bin/run is for one's own machine, or a container."""
    python = sys.executable
    web = f"-m gunicorn assurance_portal.wsgi --bind 127.0.0.1:{port} --worker-class gthread --threads {THREADS}"
    worker = "-W ignore:::celery.platforms -m celery --quiet --app assurance_portal worker --concurrency 1"
    alone = "--loglevel WARNING --without-gossip --without-mingle --without-heartbeat"
    return {
        "web server": [python, *web.split(), "--no-control-socket", "--log-level", "warning"],
        "worker": [python, *worker.split(), *alone.split()],
        "clock": [python, "manage.py", "clock"],
    }


def _announce(port):
    address = f"http://localhost:{port}"
    print(f"\nThe portal is at {address}\nIts demonstration people are listed at {address}/demo/\n", flush=True)
    _manage("demo", "--people")
    print("\nCtrl-C stops it.", flush=True)


def _answers(port):
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200


def _start(command):
    """In a session of its own, so that Ctrl-C reaches the supervisor alone, which then stops things in order."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(signal.SIGTERM),
    )


def _stop(processes):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOPPING_SECONDS
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _say(sentence):
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
