"""The extras of the package, and what is said of one that is missing."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Collection
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

import pytest

import zeroscope_conformance
import zeroscope_mock
from zeroscope._extras import EXTRAS, ExtraName, explain_missing

ROOT = Path(__file__).parents[2]
COMMANDS = {"cancel", "conformance", "get", "list", "mock", "run", "wait"}

# What is left out of the table: asyncio has a loop of its own, and there is none for Windows.
OPTIONAL = {"uvloop"}


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("extra", EXTRAS)
def test_table__has_the_requirements_of_the_extra(extra: ExtraName) -> None:
    """Every package that the extra installs is in the table under a name that it is imported by."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = {normalized(re.split(r"[^\w.-]", line)[0]) for line in project["optional-dependencies"][extra]}
    own = {"zeroscope_mock", "zeroscope_conformance"}
    distributions = packages_distributions()
    found = {normalized(name) for module in {*EXTRAS[extra].modules} - own for name in distributions[module]}
    assert found == requirements - OPTIONAL


def python_without(extras: Collection[ExtraName], program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process in which the packages of extras cannot be imported."""
    missing = [module for extra in extras for module in EXTRAS[extra].modules if not module.startswith("zeroscope")]
    code = f"import sys; sys.modules |= dict.fromkeys({missing})\n{program}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def run_without(extras: Collection[ExtraName], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process in which the packages of extras cannot be imported."""
    return python_without(extras, f"from zeroscope.cli import main; sys.exit(main({list(arguments)}))")


def advice(extra: ExtraName) -> str:
    """A pattern for the sentence about an extra that is not installed."""
    return rf"{EXTRAS[extra].user} needs \w+, which is not installed; get it with: pip install 'zeroscope\[{extra}\]'"


def test_help__lists_the_commands_whose_extra_is_missing() -> None:
    """`zeroscope --help`, and the help of each command, need the extra `cli` alone."""
    outcome = run_without(["mock", "conformance"], "--help")
    assert outcome.returncode == 0, outcome.stderr
    assert {*re.findall(r"^│ (\w+)", outcome.stdout, re.MULTILINE)} >= COMMANDS
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
    code = (
        "import sys; sys.modules['httptools'] = None; from zeroscope.cli import main; sys.exit(main(['conformance']))"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert outcome.returncode == 2
    assert "'zeroscope[mock]'\n  Or give the URL of a server.\n" in outcome.stderr


@pytest.mark.parametrize(
    ("extra", "package", "first"),
    [("mock", zeroscope_mock, "MockServer"), ("conformance", zeroscope_conformance, "run_suite")],
)
def test_import__names_the_extra_that_is_missing(extra: ExtraName, package: ModuleType, first: str) -> None:
    """In a bare install, each public name either works or raises an ImportError that says how to get the extra."""
    program = (
        f"import {package.__name__} as package\nfor name in {sorted(package.__all__)}:\n    try:\n"
        "        getattr(package, name)\n    except ImportError as error:\n"
        "        print(name, type(error).__name__, error)"
    )
    outcome = python_without(EXTRAS, program)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    lines = outcome.stdout.splitlines()
    assert [line for line in lines if not re.fullmatch(rf"\w+ ModuleNotFoundError {advice(extra)}", line)] == []
    assert first in {line.split()[0] for line in lines}


@pytest.mark.parametrize(
    ("module", "missing", "install"),
    [
        ("zeroscope.cli.app", "cyclopts", r"'zeroscope\[cli\]'"),
        ("zeroscope_conformance.suite", "orjson", r"'zeroscope\[conformance\]'"),
        ("zeroscope_mock.pytest_plugin", "pytest", "pytest"),
    ],
)
def test_import__of_a_module_names_what_to_install(module: str, missing: str, install: str) -> None:
    """In a bare install, the import of a module that needs more says how to get it."""
    outcome = python_without(EXTRAS, f"sys.modules['pytest'] = None\nimport {module}")
    last = outcome.stderr.splitlines()[-1]
    assert re.fullmatch(
        rf"ModuleNotFoundError: .* needs {missing}, which is not installed; get it with: pip install {install}", last
    ), outcome.stderr


def test_import__of_an_unknown_module_is_not_explained() -> None:
    """A module that belongs to no extra, and one whose package is installed, are not explained."""
    for module in ("zeroscope_mock.nothing", "nothing"):
        with pytest.raises(ModuleNotFoundError) as raised:
            importlib.import_module(module)
        explain_missing("mock", raised.value)


@pytest.mark.parametrize("fixture", ["zeroscope_mock", "zeroscope_client", "zeroscope_mock_url", "zeroscope_router"])
def test_fixture__names_the_extra_that_is_missing(fixture: str, tmp_path: Path) -> None:
    """In a bare install, a test that uses a fixture is told how to get the extra, and other tests run."""
    tests = tmp_path / "test_one.py"
    tests.write_text(f"def test_without():\n    pass\n\ndef test_with({fixture}):\n    pass\n", encoding="utf-8")
    arguments = [str(tests), "-q", f"--rootdir={tmp_path}", "-p", "no:cacheprovider", "--zeroscope-cost"]
    # Plugins of other packages may need what is not there.
    load = "import os; os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'"
    arguments += ["-p", "zeroscope_mock.pytest_plugin"]
    outcome = python_without(EXTRAS, f"{load}; import pytest; sys.exit(pytest.main({arguments}))")
    assert (outcome.returncode, outcome.stderr) == (1, ""), outcome.stdout
    assert re.search("^1 passed, 1 error in", outcome.stdout, re.MULTILINE)
    assert re.search(f"^E .*{advice('mock')}$", outcome.stdout, re.MULTILINE)
