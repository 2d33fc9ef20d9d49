"""The bill of materials (CycloneDX) and the licenses of what the wheel installs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .errors import ReleaseError
from .libraries import UNKNOWN, library_license
from .project import Project

CLIENT = "the client"
"""What needs a package that is installed without an extra."""

_GPL_NOTE = """\
PyAV encodes the mock server's videos. Its wheels contain FFmpeg with the encoders x264 and x265, which are under the
GNU General Public License. The wheel of zeroscope contains neither; pip installs PyAV only with the extras `mock` and
`conformance`. Using it asks nothing of you. Passing it on, for example in a container image, is distributing software
under the GPL, with the duties that this brings. The client and the command do not need it.
"""


def describe(project: Project, digest: str) -> dict[str, str]:
    """Return the texts of the bill of materials and of the list of licenses, by the names of their files.

    They say what this environment has of everything that the project requires, with all extras.

    Args:
        digest: The SHA-256 of the wheel.

    Raises:
        ReleaseError: If something that is required is not installed, or the tool fails.
    """
    users = requirements(project)
    stem = f"{project.name}-{project.version}"
    bill = json.dumps(bill_of_materials(project, users, digest), indent=2, ensure_ascii=False)
    return {f"{stem}.cdx.json": bill + "\n", f"{stem}.licenses.md": license_list(project, users)}


def requirements(project: Project) -> dict[str, set[str]]:
    """Return the normal names of all packages that are installed with a project, each with the extras that need it.

    `CLIENT` stands for those that are installed without an extra.
    """
    users: dict[str, set[str]] = defaultdict(set)
    for extra in ("", *project.extras):
        for name in _closure(project.name, extra) - {project.name}:
            users[name].add(extra or CLIENT)
    return {name: {CLIENT} if CLIENT in found else found for name, found in sorted(users.items())}


def bill_of_materials(project: Project, users: dict[str, set[str]], digest: str) -> dict[str, Any]:
    """Return the bill of materials, which has no address and no path of any machine."""
    command = ["environment", "--pyproject", str(project.root / "pyproject.toml"), "--mc-type", "library"]
    command += ["--output-reproducible", sys.executable]
    tool = Path(sys.executable).with_name("cyclonedx-py")
    done = subprocess.run([str(tool), *command], capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise ReleaseError(f"cyclonedx-py failed: {done.stderr.strip()}")
    bill: dict[str, Any] = _without_addresses(json.loads(done.stdout))

    root = bill["metadata"]["component"]
    version = str(project.version)
    root |= {"version": version, "purl": f"pkg:pypi/{project.name}@{version}"}
    root["hashes"] = [{"alg": "SHA-256", "content": digest}]
    bill["components"] = [one for one in bill["components"] if canonicalize_name(one["name"]) in users]
    for component in bill["components"]:
        name = canonicalize_name(component["name"])
        component["properties"] = [{"name": "zeroscope:needed-by", "value": user} for user in sorted(users[name])]
        if libraries := sorted(set(_libraries(distribution(name)))):
            component["components"] = [_library(component["bom-ref"], library) for library in libraries]
    kept = {root["bom-ref"], *(component["bom-ref"] for component in bill["components"])}
    bill["dependencies"] = [
        {**one, "dependsOn": [ref for ref in one.get("dependsOn", ()) if ref in kept]}
        for one in bill["dependencies"]
        if one["ref"] in kept
    ]
    return bill


def license_list(project: Project, users: dict[str, set[str]]) -> str:
    """Return a page with the license of each package, and of libraries inside of it."""
    found = {name: distribution(name) for name in users}
    lines = [
        *(f"# Licenses of what zeroscope {project.version} installs", ""),
        "Versions, licenses and files are those of the environment in which the wheel was built and tested. The column",
        "“needed by” names the extras that install a package.",
        *("", "| package | version | license | needed by |", "|---|---|---|---|"),
    ]
    for name, one in found.items():
        lines.append(f"| {name} | {one.version} | {license_of(one)} | {', '.join(sorted(users[name]))} |")
    lines += [
        *("", "## Libraries inside of wheels", ""),
        "These have no metadata. The license is the one under which the project in the last column publishes them.",
        *("", "| package | library | license | declared by |", "|---|---|---|---|"),
    ]
    for name, one in found.items():
        for library in sorted({*_libraries(one)}):
            known = library_license(library)
            lines.append(
                f"| {name} | {library} | {known.license} | {known.project} |"
                if known
                else f"| {name} | {library} | {UNKNOWN} | |"
            )
    if any("| GPL-2" in line for line in lines):
        lines += ["", _GPL_NOTE.rstrip("\n")]
    return "\n".join(lines) + "\n"


def license_of(package: Distribution) -> str:
    """Return the license that the metadata of a package declare."""
    metadata: dict[str, Any] = package.metadata.json
    if expression := metadata.get("license_expression"):
        return str(expression)
    classifiers = metadata.get("classifier", [])
    names = [value.rpartition(" :: ")[2] for value in classifiers if value.startswith("License ::")]
    # Some put the whole text into the field.
    text = str(metadata.get("license") or "").strip()
    return " or ".join(names) or (text if text and "\n" not in text else "not declared")


def _closure(name: str, extra: str) -> set[str]:
    """The normal names of a package and of all that it requires in this environment, with an extra."""
    found = set[tuple[str, str]]()
    waiting = [(canonicalize_name(name), extra)]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        for line in distribution(one[0]).requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": one[1]}):
                waiting += [(canonicalize_name(requirement.name), name) for name in ("", *requirement.extras)]
    return {str(name) for name, _ in found}


def _libraries(package: Distribution) -> Iterator[str]:
    """The shared libraries of others that a wheel brings, as the tools that repair wheels name and place them."""
    for file in package.files or ():
        if any(part.endswith((".libs", ".dylibs")) for part in file.parts[:-1]):
            yield re.split(r"-[0-9a-f]{8}\b|\.(?:so|dylib|\d)", file.name)[0]


def _library(parent: str, name: str) -> dict[str, Any]:
    component: dict[str, Any] = {"type": "library", "bom-ref": f"{parent}#{name}", "name": name}
    if known := library_license(name):
        one = known.license
        component["licenses"] = [{"expression": one}] if " " in one else [{"license": {"id": one}}]
    return component


def _without_addresses(value: Any) -> Any:
    """Leave out where things are from, such as an index or a folder of this machine."""
    if isinstance(value, dict):
        return {key: _without_addresses(item) for key, item in value.items() if key != "externalReferences"}
    return [_without_addresses(item) for item in value] if isinstance(value, list) else value
