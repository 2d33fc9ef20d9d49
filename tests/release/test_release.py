"""Releases, in a repository of their own whose Makefile says what succeeds."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from release.__main__ import main
from release.repository import Repository

from release import execution

FILES = {
    "pyproject.toml": '[project]\nname = "scratch"\n[tool.hatch.version]\npath = "code/version.py"\n',
    "code/version.py": '"""The version."""\n\n__version__ = "0.1.0"\n',
    "CHANGELOG.md": (
        "# Changelog\n\n## [Unreleased]\n\nBecomes 0.2.0.\n\n### Added\n\n- More.\n\n"
        "## [0.1.0] - 2026-01-31\n\n### Added\n\n- All.\n"
    ),
    ".gitignore": "dist/\n",
    "Makefile": (
        "check:\n\ttest -z '$(VERSION)$(CONFIRM)'\n"
        "test:\n\tgrep '\"0.2.0\"' code/version.py\n"
        "test-slow:\n\ttest ! -e dist\n"
        "dist:\n\tmkdir dist && cp code/version.py dist/built\n"
        "test-wheel:\n\ttest -e dist/built\n"
    ),
}


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one released version, and changes since then."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "someone")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "someone@mail.test")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    # Where the second working tree is made, to see that nothing of it stays.
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    root = tmp_path / "scratch"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root)
    git(root, "tag", "v0.1.0")
    return root


def git(root: Path, *arguments: str) -> str:
    """Run git in the repository."""
    return Repository(root).git(*arguments)


def commit(root: Path) -> None:
    """Commit everything."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Change something")


def state(root: Path) -> list[object]:
    """Everything that a release changes, and all that it must leave behind nowhere."""
    files = {path.relative_to(root): path.read_bytes() for path in files_of(root)}
    refs = git(root, "for-each-ref", "--format=%(refname) %(objectname)")
    temporary = [*(root.parent / "temporary").iterdir()]
    return [files, refs, git(root, "status"), git(root, "worktree", "list"), temporary]


def files_of(root: Path) -> Iterator[Path]:
    """The files outside of git's folder."""
    return (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)


def test_dry_run__shows_the_changes_and_makes_none(scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a confirmation, the diff and the further steps are printed, and nothing is changed."""
    before = state(scratch)
    assert main(["version", "0.2.0"], scratch) == 0
    printed = capsys.readouterr().out
    assert {
        "-Becomes 0.2.0.",
        f"+## [0.2.0] - {datetime.now(UTC).date()}",
        '-__version__ = "0.1.0"',
        '+__version__ = "0.2.0"',
        "  make check test test-slow dist test-wheel",
        "Nothing has been changed.",
    } <= set(printed.splitlines())
    assert state(scratch) == before


def test_release__commits_tags_and_builds(scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A confirmed release is one commit on the branch, an annotated tag, and the files that were tested."""
    (scratch / "dist").mkdir()
    (scratch / "dist" / "old").touch()
    assert main(["version", "0.2.0", "--confirm"], scratch) == 0
    assert "Release 0.2.0: commit " in capsys.readouterr().out
    assert git(scratch, "log", "--format=%s", "main") == "Release 0.2.0\nChange something"
    assert git(scratch, "cat-file", "-t", "v0.2.0") == "tag"
    assert git(scratch, "rev-parse", "v0.2.0^{commit}") == git(scratch, "rev-parse", "main")
    assert git(scratch, "show", "--format=", "--name-only") == "CHANGELOG.md\ncode/version.py"
    assert '"0.2.0"' in (scratch / "code" / "version.py").read_text(encoding="utf-8")
    assert [path.name for path in (scratch / "dist").iterdir()] == ["built"]
    assert git(scratch, "status", "--porcelain") == ""
    assert state(scratch)[-1] == [] and git(scratch, "worktree", "list").count("\n") == 0


def test_release__of_the_first_version_keeps_the_version_of_the_code(scratch: Path) -> None:
    """The version that the code already has is released if no other was."""
    text = FILES["CHANGELOG.md"].partition("## [0.1.0]")[0].replace("0.2.0", "0.1.0")
    (scratch / "CHANGELOG.md").write_text(text, encoding="utf-8")
    (scratch / "Makefile").write_text(FILES["Makefile"].replace("0.2.0", "0.1.0"), encoding="utf-8")
    git(scratch, "tag", "--delete", "v0.1.0")
    commit(scratch)
    assert main(["version", "0.1.0", "--confirm"], scratch) == 0
    assert git(scratch, "tag", "--points-at", "main") == "v0.1.0"


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("0.2", "0.2 is not a version"),
        ("0.1.0", "0.1.0 is not greater than 0.1.0, the last released version"),
        ("0.0.9", "0.0.9 is less than 0.1.0, the version in code/version.py"),
        ("0.1.1", "0.1.1 is less than 0.2.0, which the changes in CHANGELOG.md become"),
        ("0.2.0rc1", None),
        ("0.3.0", None),
    ],
)
def test_version__must_grow(
    scratch: Path, version: str, reason: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """A version that is not greater than the last, or less than the changes demand, is refused."""
    assert main(["version", version], scratch) == (1 if reason else 0)
    printed = capsys.readouterr()
    assert (reason or "") in printed.err
    assert (printed.out == "") == bool(reason)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("git checkout --quiet -b other", "the branch is other; check out main"),
        ("git checkout --quiet --detach", "the branch is none; check out main"),
        ("touch new", r"the working tree has changes \(\?\? new\); commit or remove them"),
        ("echo >> Makefile", r"the working tree has changes \(M Makefile\); commit or remove them"),
        ("git tag v0.2.0", "the tag v0.2.0 exists already"),
        (
            "sed -i 7,10d CHANGELOG.md && git commit --quiet -am Change",
            "CHANGELOG.md has no changes below Unreleased; there is nothing to release",
        ),
        ("echo '## Oops' >> CHANGELOG.md && git commit --quiet -am Change", "CHANGELOG.md:16: write"),
    ],
)
def test_release__is_refused(scratch: Path, command: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A repository that is not ready is refused with the reason, and stays as it is."""
    subprocess.run(["bash", "-c", command], cwd=scratch, check=True)
    before = state(scratch)
    assert main(["version", "0.2.0", "--confirm"], scratch) == 1
    assert re.search(reason, capsys.readouterr().err)
    assert state(scratch) == before


def test_release__is_refused_with_all_reasons(scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Several reasons come at once, one per line."""
    git(scratch, "checkout", "--quiet", "-b", "other")
    (scratch / "new").touch()
    assert main(["version", "0.1.0"], scratch) == 1
    assert len(capsys.readouterr().err.splitlines()) == 5


@pytest.mark.parametrize("target", execution.TARGETS)
def test_failure__of_a_check_leaves_everything(scratch: Path, target: str, capsys: pytest.CaptureFixture[str]) -> None:
    """If a target fails on the release's commit, branch, tags, files and folders are as before."""
    makefile = re.sub(rf"^{target}:\n", f"{target}:\n\tfalse\n", FILES["Makefile"], flags=re.MULTILINE)
    (scratch / "Makefile").write_text(makefile, encoding="utf-8")
    commit(scratch)
    (scratch / "dist").mkdir()
    (scratch / "dist" / "old").touch()
    before = state(scratch)
    assert main(["version", "0.2.0", "--confirm"], scratch) == 1
    assert capsys.readouterr().err == f"make {target} failed on the release's commit; nothing was released\n"
    assert state(scratch) == before


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("echo > new", r"the checks changed files \(\?\? new\)"),
        ("touch {root}/new", "the repository has changed meanwhile"),
        ("git -C {root} commit --quiet --allow-empty -m More", "the repository has changed meanwhile"),
        ("git tag v0.2.0", "the repository has changed meanwhile"),
        ("touch $(git -C {root} rev-parse --absolute-git-dir)/index.lock", "git merge failed"),
    ],
)
def test_failure__at_the_end_leaves_everything(
    scratch: Path, line: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """If files, branch or tags change while the checks run, or git fails, nothing is released."""
    line = line.format(root=scratch).replace("$", "$$")
    (scratch / "Makefile").write_text(f"{FILES['Makefile']}\t{line}\n", encoding="utf-8")
    commit(scratch)
    files = [path for path in files_of(scratch) if path.name != "new"]
    before = [path.read_bytes() for path in files]
    assert main(["version", "0.2.0", "--confirm"], scratch) == 1
    assert re.search(reason, capsys.readouterr().err)
    assert [path.read_bytes() for path in files] == before
    assert "Release" not in git(scratch, "log", "--format=%s", "main")
    # What another put there stays.
    assert git(scratch, "tag", "--list", "v0.2.0") == ("v0.2.0" if "git tag" in line else "")
    assert not (scratch / "dist").exists()


def test_interrupt__leaves_everything(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C in a check, nothing of the release is there."""
    before = state(scratch)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(execution, "_make", interrupt)
    with pytest.raises(KeyboardInterrupt):
        main(["version", "0.2.0", "--confirm"], scratch)
    assert state(scratch) == before
