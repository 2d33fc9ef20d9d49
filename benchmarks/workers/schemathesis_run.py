"""A plain run of schemathesis, with its own settings, against a mock server in this process.

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
    """Run it to the end, whatever it finds."""
    options = ["--max-examples", arguments[0]] if arguments else []
    spec = str(ROOT / "openapi.yaml")
    # Not to be seen by it are the settings of whoever works here, and what it leaves behind.
    with tempfile.TemporaryDirectory() as folder, mock_server("live") as server:
        os.chdir(folder)
        command: Any = schemathesis
        header = f"Authorization: Bearer {server['token']}"
        try:
            command.main(["run", spec, "--url", f"{server['url']}/v1", "--header", header, *options])
        except SystemExit as ended:
            # 1 says that it found something, as it does where the document cannot tell all.
            if ended.code not in {0, 1}:
                raise
        finally:
            os.chdir(ROOT)


if __name__ == "__main__":
    main(sys.argv[1:])
