"""The wheel, as users of the project install it."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import zeroscope

ROOT = Path(__file__).parents[2]
EXTRAS = ["cyclopts", "rich", "av", "PIL", "uvloop", "httptools", "python_multipart", "yaml", "schemathesis"]
CHECK = f"""
import sys
for name in {EXTRAS}:
    sys.modules[name] = None
import zeroscope, zeroscope_api
assert zeroscope.__file__.startswith(sys.path[0]), zeroscope.__file__
try:
    zeroscope.Zeroscope("token").predictions.create({{"width": 1}})
except zeroscope.InvalidInputError as error:
    print(error.invalid_fields[0].field, zeroscope.__version__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


def test_wheel__holds_the_four_packages_and_nothing_else(wheel: Path) -> None:
    """Client, generated client, mock server and conformance suite are in it, with what they read and their markers."""
    names = zipfile.ZipFile(wheel).namelist()
    packages = {"zeroscope", "zeroscope_api", "zeroscope_mock", "zeroscope_conformance"}
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == packages
    read = {"zeroscope_api/spec.json", "zeroscope_conformance/schemathesis.toml"}
    assert f"zeroscope-{zeroscope.__version__}.dist-info/METADATA" in names
    assert {"zeroscope/cli/app.py", *read, *(f"{package}/py.typed" for package in packages)} <= set(names)


def test_wheel__needs_no_extra_to_be_imported(wheel: Path, tmp_path: Path) -> None:
    """Where no extra is installed, the client can be imported and checks inputs."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    # -S leaves out the editable install of this very tree, whose packages would be found instead.
    path = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {sysconfig.get_path('platlib')!r}]"
    command = [sys.executable, "-I", "-S", "-c", f"{path}\n{CHECK}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["input.width", zeroscope.__version__]
