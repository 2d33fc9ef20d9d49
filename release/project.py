"""The project's name and version, and where they are written."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from .errors import ReleaseError

_VERSION = re.compile(r'^(__version__ = ")([^"]*)(")$', re.MULTILINE)


@dataclass(frozen=True)
class Project:
    """A project as its `pyproject.toml` describes it.

    Attributes:
        extras: The names of its extras.
        version_file: The file with its version, relative to its folder.
    """

    root: Path
    name: str
    extras: tuple[str, ...]
    version_file: Path

    @property
    def version(self) -> Version:
        """The version in the version file.

        Raises:
            ReleaseError: If there is none.
        """
        found = _VERSION.search(self._text())
        if found is None:
            raise ReleaseError(f'{self.version_file} has no line such as __version__ = "1.2.3"')
        return parse_version(found[2])

    def with_version(self, version: Version) -> str:
        """Return the text of the version file with another version."""
        return _VERSION.sub(rf"\g<1>{version}\g<3>", self._text(), count=1)

    def _text(self) -> str:
        return (self.root / self.version_file).read_text(encoding="utf-8")


def read_project(root: Path) -> Project:
    """Read the `pyproject.toml` of a folder."""
    document: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project = document["project"]
    version_file = Path(document["tool"]["hatch"]["version"]["path"])
    return Project(root, project["name"], tuple(project.get("optional-dependencies", ())), version_file)


def parse_version(text: str) -> Version:
    """Parse a version that is valid by PEP 440 and, before a pre-release's letters, by semantic versioning.

    Raises:
        ReleaseError: If it is not, or not written in its normal form.
    """
    try:
        version = Version(text)
    except InvalidVersion:
        version = None
    if (
        version is None
        or str(version) != text
        or len(version.release) != 3
        or (version.epoch or version.is_devrelease or version.is_postrelease or version.local)
    ):
        raise ReleaseError(f"{text or 'an empty text'} is not a version; write three numbers, as in 1.2.3 or 1.2.3rc1")
    return version
