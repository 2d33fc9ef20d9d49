"""Hostile servers, which every operation survives in time and in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from helpers import hostile_operations
from helpers.hostile_servers import SERVERS, listening

# How long an operation may take beyond its limit on an idle machine, in seconds, and the most memory, in MiB.
GRACE, MEMORY = 2.0, 200.0
# These send so much that the memory of all operations would add up.
EAGER = {
    "json_never_ends",
    "json_of_millions",
    "gzip_bomb",
    "redirect_never_ends",
    "error_page_never_ends",
    "file_never_ends",
    "stream_of_newlines",
    "stream_of_ids",
    "head_never_ends_beside_polls",
    "stream_of_newlines_beside_polls",
    "stream_of_ids_beside_polls",
    "stream_of_lines_beside_polls",
    "stream_of_comments_beside_polls",
    "compressed_stream_beside_polls",
}
# No server uses TLS, and to load all authorities for each of 40 clients takes as long as the rest of the program.
ONE_AUTHORITY = Path(__file__).parents[2] / "helpers" / "certificates" / "localhost.pem"


# How often an operation is tried that was late: a machine that is busy slows one try, and an error slows each.
TRIES = 3


def try_operations(url: str, number: str, library: str, *cases: str) -> dict[str, Any]:
    """Carry out operations in a process of its own, all unless cases are named, and return its report."""
    program = [sys.executable, hostile_operations.__file__, url, number, library, *cases]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "SSL_CERT_FILE": str(ONE_AUTHORITY)}
    ended = subprocess.run(program, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    report: dict[str, Any] = json.loads(ended.stdout)
    report["late"] = [
        outcome
        for outcome in report["outcomes"]
        if outcome["seconds"] > limit(outcome["operation"]) + GRACE + report["stolen"]
    ]
    return report


def limit(operation: str) -> float:
    """The limit of an operation: its own timeout, or that of an exchange for each attempt that it may make."""
    return float(hostile_operations.LIMITS.get(operation, hostile_operations.LIMIT))


@pytest.mark.parametrize("name", SERVERS)
def test_hostile_server__is_outlived_by_every_operation(
    name: str, http_library: ModuleType, record_property: Any
) -> None:
    """Whatever a server sends, an operation ends within its limit and 2 s, with an error of ours or a result."""
    number = "4" if name in EAGER else "100"
    with listening(SERVERS[name]) as url:
        report = try_operations(url, number, http_library.__name__)
        outcomes, late = report["outcomes"], report["late"]
        for _ in range(TRIES - 1):
            if late:
                cases = [f"{outcome['kind']} {outcome['operation']}" for outcome in late]
                late = try_operations(url, number, http_library.__name__, *cases)["late"]
    foreign = [outcome for outcome in outcomes if outcome["error"].startswith("foreign")]
    heavy = [report["peak"]] if report["peak"] > MEMORY else []
    record_property("hostile", (len(outcomes), len(foreign), len(late), len(heavy)))
    assert (foreign, late, heavy) == ([], [], [])
