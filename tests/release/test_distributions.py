"""The distributions: two builds that are the same, and what lies beside them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.licenses import canonicalize_license_expression
from release.distributions import compare, digest, make_dist
from release.errors import ReleaseError
from release.libraries import UNKNOWN, library_license
from release.materials import CLIENT, license_list, license_of, requirements
from release.project import read_project

import zeroscope
from helpers.pages import ROOT

STEM = f"zeroscope-{zeroscope.__version__}"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make dist` makes of this tree."""
    output = tmp_path_factory.mktemp("distributions") / "dist"
    make_dist(ROOT, output)
    return output


@pytest.fixture(scope="module")
def bill(dist: Path) -> Any:
    """The bill of materials."""
    return json.loads((dist / f"{STEM}.cdx.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_dist__has_all_files(dist: Path) -> None:
    """The sdist and the wheel come with a bill of materials and the licenses."""
    names = {f"{STEM}-py3-none-any.whl", f"{STEM}.tar.gz", f"{STEM}.cdx.json", f"{STEM}.licenses.md"}
    assert {file.name for file in dist.iterdir()} == names


@pytest.mark.slow
def test_bill__is_valid(bill: Any) -> None:
    """The bill of materials is CycloneDX by its own schema."""
    version = SchemaVersion[f"V{bill['specVersion'].replace('.', '_')}"]
    assert JsonStrictValidator(version).validate_str(json.dumps(bill)) is None


@pytest.mark.slow
def test_bill__names_the_wheel_and_all_that_it_installs(dist: Path, bill: Any) -> None:
    """It has the hash of the wheel, and the packages of the client and of each extra, and no others."""
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"]) == ("zeroscope", zeroscope.__version__)
    assert root["hashes"] == [{"alg": "SHA-256", "content": digest(dist / f"{STEM}-py3-none-any.whl")}]
    users = {
        component["purl"].partition("/")[2].partition("@")[0]: {one["value"] for one in component["properties"]}
        for component in bill["components"]
    }
    assert users == requirements(read_project(ROOT))
    refs = {root["bom-ref"], *(component["bom-ref"] for component in bill["components"])}
    assert {ref for one in bill["dependencies"] for ref in (one["ref"], *one["dependsOn"])} <= refs


@pytest.mark.slow
def test_files__name_no_place(dist: Path, bill: Any) -> None:
    """Neither file says which index, folder or machine the packages came from, or when."""
    text = json.dumps({**bill, "$schema": ""}) + (dist / f"{STEM}.licenses.md").read_text(encoding="utf-8")
    for word in ("://", "pypi.org", "pythonhosted", str(ROOT), "externalReferences", "timestamp", "serialNumber"):
        assert word not in text


@pytest.mark.slow
def test_licenses__list_each_package_and_the_gpl(dist: Path, bill: Any) -> None:
    """Each package has a license, and the page says which libraries inside of PyAV are under the GPL."""
    page = (dist / f"{STEM}.licenses.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| ([a-z]\S*) \| [^|]+ \| [^|]+ \| [^|]+ \|$", page, re.MULTILINE))
    assert listed - {"package"} == requirements(read_project(ROOT)).keys()
    assert "not declared" not in page
    if "libx264" in page:
        assert "| av | libx264 | GPL-2.0-or-later | x264 |" in page and "the\nGNU General Public License" in page
        (av,) = [component for component in bill["components"] if component["name"] == "av"]
        assert {"libx264", "libx265", "libavcodec"} <= {library["name"] for library in av["components"]}


def test_licenses__of_libraries_are_known() -> None:
    """Each library inside of a wheel that an extra installs has an SPDX expression, or is said to be unknown."""
    project = read_project(ROOT)
    page = license_list(project, requirements(project))
    rows = re.findall(r"^\| (\S+) \| (lib\S+) \| ([^|]*) \| ([^|]*)\|$", page, re.MULTILINE)[1:]
    assert len(rows) == len(re.findall(r"^\| \S+ \| lib", page, re.MULTILINE)[1:])
    licenses = {license for _, _, license, _ in rows} - {UNKNOWN}
    assert {license: str(canonicalize_license_expression(license)) for license in licenses} == {
        license: license for license in licenses
    }


@pytest.mark.parametrize(
    ("library", "license"),
    [
        ("libx264", "GPL-2.0-or-later"),
        ("libgmp", "LGPL-3.0-or-later OR GPL-2.0-or-later"),
        ("libgnutls", "LGPL-2.1-or-later"),
        ("libdav1d", "BSD-2-Clause"),
        ("libxcb-shape", "X11"),
        ("libwebpmux", "BSD-3-Clause"),
        ("libgmpxx", None),
    ],
)
def test_library_license__is_that_of_its_project(library: str, license: str | None) -> None:
    """A name is known as a whole, and one that is not known has no license."""
    found = library_license(library)
    assert (found.license if found else None) == license


def test_requirements__of_the_client_are_few() -> None:
    """The client itself needs no package of an extra."""
    users = requirements(read_project(ROOT))
    client = {name for name, found in users.items() if found == {CLIENT}}
    assert {"httpx", "attrs", "anyio", "jsonschema-rs"} <= client
    assert users["av"] == {"mock", "conformance"} and users["httptools"] == {"mock"} and "pillow" not in client


@pytest.mark.parametrize(
    ("lines", "license"),
    [
        (["License-Expression: MIT", "License: other"], "MIT"),
        (["Classifier: License :: OSI Approved :: MIT License", "License: text"], "MIT License"),
        (["Classifier: License :: A", "Classifier: Topic :: C", "Classifier: License :: B"], "A or B"),
        (["License: MPL-2.0"], "MPL-2.0"),
        (["License: Permission is", " granted"], "not declared"),
        ([], "not declared"),
    ],
)
def test_license__is_that_of_the_metadata(
    lines: list[str], license: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The expression comes first, then the classifiers, then a field of one line."""
    folder = tmp_path / "scratch-1.0.dist-info"
    folder.mkdir()
    text = "\n".join(["Metadata-Version: 2.1", "Name: scratch", "Version: 1.0", *lines])
    (folder / "METADATA").write_text(text + "\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert license_of(distribution("scratch")) == license


def test_compare__names_what_differs(tmp_path: Path) -> None:
    """Files that one build lacks, and members of archives that differ, are named; equal files are not."""
    for name, text in (("first", "a"), ("second", "b")):
        (tmp_path / name).mkdir()
        with zipfile.ZipFile(tmp_path / name / "a.whl", "w") as wheel:
            wheel.writestr(zipfile.ZipInfo("same"), "same")
            wheel.writestr(zipfile.ZipInfo("module.py"), text)
    (tmp_path / "first" / "b.whl").touch()
    compare(tmp_path / "first", tmp_path / "first")
    with pytest.raises(ReleaseError) as raised:
        compare(tmp_path / "first", tmp_path / "second")
    assert str(raised.value).splitlines() == [
        "two builds differ:",
        "a.whl differs in module.py",
        "b.whl comes out of one build only",
    ]


def test_build__that_fails_leaves_the_folder(tmp_path: Path) -> None:
    """If the project cannot be built, the error shows why, and what was built before stays."""
    (tmp_path / "dist").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "nothing_of_that_name"\n[project]\nname = "scratch"\n'
        '[tool.hatch.version]\npath = "version.py"\n',
        encoding="utf-8",
    )
    with pytest.raises(ReleaseError, match=r"the build failed:\n(.|\n)*nothing_of_that_name"):
        make_dist(tmp_path, tmp_path / "dist")
    assert (tmp_path / "dist").exists()


def test_command__reports_an_error_in_one_line(tmp_path: Path) -> None:
    """A version that is none ends the command with 1 and a sentence."""
    command = [sys.executable, "-m", "release", "version", "1.2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
