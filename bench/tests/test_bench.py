"""Every benchmark runs at a tiny size, in a database of its own."""

import json
import subprocess
import sys

import pytest
from django.conf import settings

from bench.management.commands.bench import BENCHES


def run(*arguments):
    command = [sys.executable, settings.BASE_DIR / "manage.py", "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", sorted(BENCHES))
def test_a_bench_runs_and_ends_with_its_figures(name):
    done = run(name, "--size", "8", "--json")

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["name"] == name and figures["n"] > 0
    assert figures["seconds"] >= 0 and figures["per_second"] > 0


def test_a_size_that_is_none_is_refused():
    done = run("validate", "--size", "0")

    assert done.returncode == 2
    assert "number from 1" in done.stderr and "Traceback" not in done.stderr
