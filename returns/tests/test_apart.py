"""Work in a process of its own: it says what it found, is refused with its sentence, and ends where its limits are."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from returns import apart
from returns.workbook_safety import UnsafeWorkbook

LIMITS = {"memory": 100_000_000, "seconds": 2, "refusal": UnsafeWorkbook}


def run(work, **limits):
    return apart.run(work, **LIMITS | limits)


def test_it_gives_back_what_was_found_in_another_process():
    here, found = os.getpid(), run(lambda: {"process": os.getpid(), "rows": ["ä" * 1000] * 2000})

    assert found["process"] != here
    assert found["rows"] == ["ä" * 1000] * 2000


def test_a_refusal_keeps_its_sentence_and_reason():
    def refuse():
        raise UnsafeWorkbook("Sheet “A”, cell B5 holds a formula.", "formula")

    with pytest.raises(UnsafeWorkbook, match="cell B5 holds a formula") as refusal:
        run(refuse)
    assert refusal.value.reason == "formula"


def test_what_takes_too_long_is_ended():
    started = time.monotonic()

    with pytest.raises(apart.Overran, match="took too long"):
        run(lambda: time.sleep(30), seconds=0.3)

    assert time.monotonic() - started < 5


def test_what_takes_too_much_memory_is_ended():
    with pytest.raises(apart.Overran, match="took too much memory"):
        run(lambda: len(bytearray(400_000_000)))


@pytest.mark.parametrize("end", [lambda: os.abort(), lambda: os.kill(os.getpid(), 9)], ids=["abort", "kill"])
def test_what_ends_without_a_word_is_said_to_have_overrun(end):
    with pytest.raises(apart.Overran):
        run(end)


def test_a_failure_is_told_by_its_name_alone():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run(lambda: 1 / 0)


def test_nothing_can_be_written_to_a_file(tmp_path):
    def write():
        (tmp_path / "a").write_bytes(b"a")

    with pytest.raises((RuntimeError, apart.Overran)):
        run(write)
    assert not (tmp_path / "a").exists() or not (tmp_path / "a").read_bytes()


def test_no_process_and_no_pipe_is_left_behind():
    before = len(os.listdir("/proc/self/fd")), children()
    for seconds in (2, 0.1):
        with suppress(apart.Overran):
            run(lambda: time.sleep(0.2), seconds=seconds)

    assert (len(os.listdir("/proc/self/fd")), children()) == before


def children():
    """The processes that this one has started, zombies too; a browser of another test may be among them."""
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def test_it_says_how_far_it_is_while_it_works():
    heard = []

    def work(tell):
        for number in range(3):
            tell(number, 3)
        return ["ä\n" * 100_000]

    assert run(work, told=lambda *far: heard.append(far)) == ["ä\n" * 100_000]
    assert heard == [(0, 3), (1, 3), (2, 3)]
