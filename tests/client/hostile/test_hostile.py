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


def limit(outcome: dict[str, Any]) -> float:
    """The limit of an operation: its own timeout, or that of an exchange for each attempt that it may make."""
    return float(hostile_operations.LIMITS.get(outcome["operation"], hostile_operations.LIMIT))


@pytest.mark.parametrize("name", SERVERS)
def test_hostile_server__is_outlived_by_every_operation(
    name: str, http_library: ModuleType, record_property: Any
) -> None:
    """Whatever a server sends, an operation ends within its limit and 2 s, with an error of ours or a result."""
    number = "4" if name in EAGER else "100"
    with listening(SERVERS[name]) as url:
        program = [sys.executable, hostile_operations.__file__, url, number, http_library.__name__]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "SSL_CERT_FILE": str(ONE_AUTHORITY)}
        ended = subprocess.run(program, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    outcomes = report["outcomes"]
    foreign = [outcome for outcome in outcomes if outcome["error"].startswith("foreign")]
    grace = GRACE + report["stolen"]
    late = [outcome for outcome in outcomes if outcome["seconds"] > limit(outcome) + grace]
    heavy = [report["peak"]] if report["peak"] > MEMORY else []
    record_property("hostile", (len(outcomes), len(foreign), len(late), len(heavy)))
    assert (foreign, late, heavy, ended.stderr) == ([], [], [], "")
