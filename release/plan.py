"""Checks of a release, and the files that it changes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from packaging.version import Version

from .changelog import NAME, Changelog, read_changelog
from .errors import ReleaseError
from .project import Project, parse_version, read_project
from .repository import Repository

BRANCH = "main"


@dataclass(frozen=True)
class Plan:
    """A release that may be made.

    Attributes:
        commit: The commit that it follows.
        files: The new texts of files, by their paths in the repository.
    """

    repository: Repository
    version: Version
    commit: str
    files: dict[Path, str]

    @property
    def tag(self) -> str:
        """The name of the tag."""
        return f"v{self.version}"

    @property
    def subject(self) -> str:
        """The subject of the commit, and the message of the tag."""
        return f"Release {self.version}"

    def diff(self) -> str:
        """Return the changes of the files."""
        texts: list[str] = []
        for path, after in self.files.items():
            before = (self.repository.root / path).read_text(encoding="utf-8")
            lines = (before.splitlines(keepends=True), after.splitlines(keepends=True))
            texts += difflib.unified_diff(*lines, f"a/{path}", f"b/{path}")
        return "".join(texts)


def plan_release(root: Path, version: str, day: date) -> Plan:
    """Check that a version may be released.

    Args:
        root: The folder of the project.
        version: The new version.
        day: The date of the release.

    Raises:
        ReleaseError: If it may not; the message has every reason.
    """
    new = parse_version(version)
    project, repository, changelog = read_project(root), Repository(root), read_changelog(root)
    problems = [*_version_problems(new, project, changelog), *_repository_problems(repository, new)]
    if not changelog.sections[0].changes:
        problems.append(f"{NAME} has no changes below Unreleased; there is nothing to release")
    if problems:
        raise ReleaseError("\n".join(problems))
    files = {Path(NAME): changelog.release(new, day), project.version_file: project.with_version(new)}
    return Plan(repository, new, repository.head, files)


def _version_problems(new: Version, project: Project, changelog: Changelog) -> Iterator[str]:
    # The version in the code is that of the last release, or that of the first one, which is still to come.
    if new < project.version:
        yield f"{new} is less than {project.version}, the version in {project.version_file}"
    if changelog.released and new <= changelog.released[0]:
        yield f"{new} is not greater than {changelog.released[0]}, the last released version"
    becomes = changelog.sections[0].becomes
    # A pre-release of that version comes before it.
    if becomes and Version(new.base_version) < becomes:
        yield f"{new} is less than {becomes}, which the changes in {NAME} become"


def _repository_problems(repository: Repository, new: Version) -> Iterator[str]:
    if repository.branch != BRANCH:
        yield f"the branch is {repository.branch or 'none'}; check out {BRANCH}"
    if repository.changes:
        yield f"the working tree has changes ({', '.join(repository.changes)}); commit or remove them"
    if repository.has_tag(f"v{new}"):
        yield f"the tag v{new} exists already"
