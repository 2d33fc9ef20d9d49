"""Runs the tests of projects as their users do, each in its own folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from compatibility.environments import ENVIRONMENTS, Environment

LIMIT = 300
"""The seconds after which a project's tests have failed."""

# Its second argument has packages beside those of this environment, for what the first of them lack.
_PYTEST = "import sys; sys.path.extend(sys.argv.pop(1).split()); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
# Without the plugins that only the tests of this repository need.
_OPTIONS = ("-q", "-p", "no:asyncio", "-p", "no:schemathesis", "-p", "no:cacheprovider")


def run_pytest(folder: Path, *, client: str = "", **variables: str) -> str:
    """Run all tests in a folder, and return what pytest prints.

    Args:
        folder: The current folder of the process.
        client: The environment of a client that the tests import; skip the test if it is not installed.
        variables: Of the environment of the process.
    """
    packages = ""
    if client:
        (site,) = _installed("python", client).folder.glob("lib/python*/site-packages")
        packages = str(site)
    return _run([sys.executable, "-c", _PYTEST, packages, *_OPTIONS], folder, variables)


def run_node(folder: Path, client: str, *arguments: str, **variables: str) -> str:
    """Run Node.js in a folder, and return what it prints.

    Args:
        folder: Gets a link to the packages.
        client: The environment with the packages; skip the test if it is not installed.
        arguments: Those of `node`, such as `--test`.
        variables: Of the environment of the process.
    """
    link = folder / "node_modules"
    packages = _installed("npm", client).folder / "node_modules"
    link.unlink(missing_ok=True)
    link.symlink_to(packages, target_is_directory=True)
    return _run(["node", *arguments], folder, variables)


def _installed(kind: str, name: str) -> Environment:
    environment = ENVIRONMENTS[kind, name]
    if reason := environment.missing():
        pytest.skip(reason)
    return environment


def _run(command: list[str], folder: Path, variables: dict[str, str]) -> str:
    # Where the command `zeroscope` is.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
