"""Makes a planned release: commit, checks, distributions and tag."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .errors import ReleaseError
from .plan import BRANCH, Plan
from .repository import Repository

TARGETS = ("check", "test", "test-slow", "dist", "test-wheel")
"""The make targets that must succeed on the release's commit."""

DIST = "dist"


def make_release(plan: Plan) -> str:
    """Make a release.

    Everything that may fail happens in a second working tree. The branch, the tag and `dist` change at the end.

    Returns:
        The commit.

    Raises:
        ReleaseError: If something fails; the branch, the tags and the files are as before.
    """
    repository = plan.repository
    with repository.second_tree() as tree:
        for path, text in plan.files.items():
            (tree.root / path).write_text(text, encoding="utf-8")
        tree.git("commit", "--quiet", "--allow-empty", "--all", "--message", plan.subject)
        commit = tree.head
        _make(tree.root, *TARGETS)
        if tree.changes:
            raise ReleaseError(f"the checks changed files ({', '.join(tree.changes)}); commit what they write")
        _publish(repository, plan, commit)
        shutil.rmtree(repository.root / DIST, ignore_errors=True)
        if (tree.root / DIST).exists():
            shutil.move(tree.root / DIST, repository.root / DIST)
    return commit


def _make(folder: Path, *targets: str) -> None:
    # Variables of the make that runs this are not for that one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment.pop("VERSION", None)
    environment.pop("CONFIRM", None)
    for target in targets:
        if subprocess.run(["make", target], cwd=folder, env=environment, check=False).returncode:
            raise ReleaseError(f"make {target} failed on the release's commit; nothing was released")


def _publish(repository: Repository, plan: Plan, commit: str) -> None:
    """Move the branch and set the tag, or neither."""
    before = repository.branch, repository.head, repository.changes, repository.has_tag(plan.tag)
    if before != (BRANCH, plan.commit, [], False):
        raise ReleaseError("the repository has changed meanwhile; run this again")
    try:
        repository.git("tag", "--annotate", "--message", plan.subject, plan.tag, commit)
        repository.git("merge", "--quiet", "--ff-only", commit)
    except BaseException:
        if repository.head == plan.commit and repository.has_tag(plan.tag):
            repository.git("tag", "--delete", plan.tag)
        raise
