"""The extras of the package, and what the command says of one that is missing."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from zeroscope.cli.extras import EXTRAS, ExtraName

ROOT = Path(__file__).parents[2]
COMMANDS = {"cancel", "conformance", "get", "list", "mock", "run", "wait"}

# What is left out of the table: uvicorn does without it, and there is none for Windows.
OPTIONAL = {"uvloop"}


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("extra", EXTRAS)
def test_table__has_the_requirements_of_the_extra(extra: ExtraName) -> None:
    """Every package that the extra installs is in the command's table under a name that it is imported by."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = {normalized(re.split(r"[^\w.-]", line)[0]) for line in project["optional-dependencies"][extra]}
    own = {"zeroscope_mock", "zeroscope_conformance"}
    distributions = packages_distributions()
    found = {normalized(name) for module in {*EXTRAS[extra].modules} - own for name in distributions[module]}
    assert found == requirements - OPTIONAL


def run_without(extras: list[ExtraName], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process in which the packages of extras cannot be imported."""
    missing = [module for extra in extras for module in EXTRAS[extra].modules if not module.startswith("zeroscope")]
    code = (
        f"import sys; sys.modules |= dict.fromkeys({missing})\n"
        f"from zeroscope.cli import main; sys.exit(main({list(arguments)}))"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_help__lists_the_commands_whose_extra_is_missing() -> None:
    """`zeroscope --help`, and the help of each command, need the extra `cli` alone."""
    outcome = run_without(["mock", "conformance"], "--help")
    assert outcome.returncode == 0, outcome.stderr
    assert {*re.findall(r"^│ (\w+)", outcome.stdout, re.MULTILINE)} == COMMANDS
    for name in ("mock", "conformance", "run"):
        outcome = run_without(["mock", "conformance"], name, "--help")
        assert outcome.returncode == 0 and f"Usage: zeroscope {name}" in outcome.stdout, outcome.stderr


@pytest.mark.parametrize(
    ("extra", "arguments"), [("cli", ["--help"]), ("mock", ["mock"]), ("conformance", ["conformance", "http://a.test"])]
)
def test_command__names_the_extra_that_is_missing(extra: ExtraName, arguments: list[str]) -> None:
    """Without an extra, a command that needs it exits with 2 and a line that says how to get it."""
    outcome = run_without([extra], *arguments)
    assert (outcome.returncode, outcome.stdout) == (2, "")
    module = next(module for module in EXTRAS[extra].modules if not module.startswith("zeroscope"))
    assert outcome.stderr == (
        f"zeroscope: {EXTRAS[extra].user} needs {module}, which is not installed; "
        f"get it with: pip install 'zeroscope[{extra}]'\n"
    )


def test_conformance_without_a_url__names_the_extra_of_its_mock_server() -> None:
    """Without a URL, the suite needs the mock server as well; the hint is to give one."""
    code = "import sys; sys.modules['uvicorn'] = None; from zeroscope.cli import main; sys.exit(main(['conformance']))"
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert outcome.returncode == 2
    assert "'zeroscope[mock]'\n  Or give the URL of a server.\n" in outcome.stderr
