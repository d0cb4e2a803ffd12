"""Work on what strangers bring, in a process of its own with limits on memory and time: it can be ended, and ends alone."""

import faulthandler
import json
import os
import resource
import select
import signal
import time
from contextlib import suppress
from pathlib import Path

CHUNK = 1 << 20


class Overran(Exception):
    """The work was ended: it took more memory or time than it may. The message is a sentence."""


TOO_LONG = "Reading this file took too long."
TOO_MUCH = "Reading this file took too much memory."


def run(work, *, memory, seconds, refusal, told=None):
    """What `work()` returns, as JSON has it, within `memory` more bytes than this process has, and `seconds`.

    With `told`, the work is given a function with which it says how far it is; `told` hears that here. An exception of the
    class `refusal` is raised here again with its arguments; Overran where the limits ended the work. The child has our memory
    as it stands and must not touch our connections: `work` reads bytes and returns plain data.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _work(work, writing, memory, seconds, refusal, told is not None)
    os.close(writing)
    try:
        said = _hear(reading, time.monotonic() + seconds, told)
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return _answer(said, refusal)


def _answer(said, refusal):
    try:
        said = json.loads(said)
    except ValueError:
        raise Overran(TOO_MUCH) from None  # an end in mid-sentence: what lacks memory has no last words
    if "refused" in said:
        raise refusal(*said["refused"])
    if "failed" in said:
        raise RuntimeError(f"The work in the other process failed: {said['failed']}.")
    return said["answer"]


def _hear(pipe, deadline, told):
    """The last line that the child says before it ends; those before it are about its progress."""
    said = []
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise Overran(TOO_LONG)
        piece = os.read(pipe, CHUNK)
        if not piece:
            return b"".join(said)
        *lines, rest = piece.split(b"\n")
        for line in lines:
            told(*json.loads(b"".join([*said, line])))
            said = []
        said.append(rest)


def _work(work, pipe, memory, seconds, refusal, tells):
    """The child's whole life; it never returns."""
    try:
        _be_alone(memory, seconds)
        try:
            said = {"answer": work(lambda *far: _say(pipe, json.dumps(far) + "\n")) if tells else work()}
        except refusal as problem:
            said = {"refused": problem.args}
        except MemoryError:
            os._exit(1)
        except Exception as problem:
            said = {"failed": type(problem).__name__}
        _say(pipe, json.dumps(said))
    finally:
        os._exit(0)


def _say(pipe, text):
    said = memoryview(text.encode())
    while said:
        said = said[os.write(pipe, said) :]


def _be_alone(memory, seconds):
    """No signal handlers of ours, nothing to say but through the pipe, and the limits."""
    faulthandler.disable()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    if mapped := _mapped():
        resource.setrlimit(resource.RLIMIT_AS, (mapped + memory, mapped + memory))


def _mapped():
    """The bytes that this process has mapped already; nothing where the system does not tell."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 0
