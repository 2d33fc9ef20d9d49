"""Plugin that measures the processor time of tests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpers.pages import ROOT

pytest_plugins = ["pytester"]

TESTS = """
import subprocess, sys
import pytest

BUSY = "import time\\nend = time.process_time() + 0.2\\nwhile time.process_time() < end: pass"

@pytest.fixture
def busy():
    exec(BUSY, {})

def test_nothing(): pass
def test_left_out(): raise AssertionError
def test_setup(busy): pass
def test_left_out_too(): raise AssertionError
def test_process(): subprocess.run([sys.executable, "-c", BUSY], check=True)
"""


def test_times__are_of_every_second_test(pytester: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Setup and the processes that a test waits for are included, and other tests are not run."""
    pytester.makepyfile(TESTS)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "benchmarks/plugins"))
    options = ("-p", "processor_times", "-p", "no:cacheprovider", "--processor-times", "times.json", "--every", "2")
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=3)

    nothing, setup, process = json.loads((pytester.path / "times.json").read_text(encoding="utf-8"))
    assert 0 < nothing < 0.2 <= setup and process >= 0.2
