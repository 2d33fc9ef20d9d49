"""A run of schemathesis alone, with its default settings, against a mock server.

Usage: python -m benchmarks.workers.schemathesis_run [MAX_EXAMPLES]
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

from schemathesis.cli import schemathesis

from zeroscope_conformance.embedded import mock_server

from ..environments import ROOT


def main(arguments: list[str]) -> None:
    """Run schemathesis, whose findings are ignored."""
    options = ["--max-examples", arguments[0]] if arguments else []
    spec = str(ROOT / "openapi.yaml")
    # In another folder, it finds no settings of this project and leaves no files in it.
    with tempfile.TemporaryDirectory() as folder, mock_server("live") as server:
        os.chdir(folder)
        command: Any = schemathesis
        header = f"Authorization: Bearer {server['token']}"
        try:
            command.main(["run", spec, "--url", f"{server['url']}/v1", "--header", header, *options])
        except SystemExit as ended:
            # 1 is for findings, which come from what the document cannot describe.
            if ended.code not in {0, 1}:
                raise
        finally:
            os.chdir(ROOT)


if __name__ == "__main__":
    main(sys.argv[1:])
