"""The git repository of a project."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import ReleaseError


@dataclass(frozen=True)
class Repository:
    """A repository with a working tree.

    Args:
        root: The folder of the working tree.
    """

    root: Path

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    @property
    def branch(self) -> str:
        """The branch that is checked out; empty if there is none."""
        return self.git("branch", "--show-current")

    @property
    def changes(self) -> list[str]:
        """The lines of `git status`, for files that are changed or not known."""
        return self.git("status", "--porcelain").splitlines()

    def has_tag(self, name: str) -> bool:
        """Whether there is a tag."""
        return bool(self.git("tag", "--list", name))

    def git(self, *arguments: str) -> str:
        """Run git and return its output without white space at the ends.

        Raises:
            ReleaseError: If it fails; the message is that of git.
        """
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=self.root, capture_output=True, encoding="utf-8", errors="replace", check=False
            )
        except FileNotFoundError as error:
            raise ReleaseError("git is not installed; install it") from error
        if done.returncode:
            raise ReleaseError(f"git {arguments[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout.strip()

    @contextmanager
    def second_tree(self) -> Iterator[Repository]:
        """Check out the current commit into a folder of its own, which is removed at the end."""
        folder = Path(tempfile.mkdtemp(prefix="release-")).resolve()
        tree = folder / "tree"
        try:
            self.git("worktree", "add", "--quiet", "--detach", str(tree), "HEAD")
            yield Repository(tree)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self.git("worktree", "prune")
