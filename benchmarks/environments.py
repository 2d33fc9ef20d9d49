"""Environments: one for each peer, with the versions of requirements.lock."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from .errors import BenchmarkError, SkippedError

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
SOURCES = ("generated", "wrapper", "mock", "conformance")

_OURS = "zeroscope"
_CONTENTS = {
    "httpx": ["httpx"],
    "replicate": ["replicate"],
    # The client without extras, as its users install it.
    "zeroscope": [_OURS],
    "mock": [f"{_OURS}[cli,mock]"],
    "uvicorn": ["uvicorn", "httptools", "uvloop"],
}
_NODE_FILES = ("package.json", "package-lock.json", ".npmrc")
_STAMP = ".installed"


class Environments:
    """The environments of the peers, set up again when a version or the source changes.

    Args:
        folder: The folder that keeps them from one run to the next.
        log: Called with a message before each step that takes a while.
    """

    def __init__(self, folder: Path, log: Callable[[str], object] = lambda message: None) -> None:
        self._folder = folder
        self._log = log

    def python(self, name: str) -> Path:
        """Return the interpreter of an environment: `httpx`, `replicate`, `zeroscope`, `mock` or `uvicorn`.

        Raises:
            BenchmarkError: If it cannot be set up.
            SkippedError: If the peer does not work with this Python.
        """
        if name == "replicate":
            require_replicate(sys.version_info[:2])
        contents = _CONTENTS[name]
        ours = any(one.startswith(_OURS) for one in contents)
        state = digest(sys.version, LOCK.read_bytes(), *contents, *([self._source_digest] if ours else []))
        folder = self._folder / name
        python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        if not is_current(folder, state):
            self._log(f"setting up {name}")
            _run([_uv(), "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
            self._install(python, [f"{one} @ {self._wheel.as_uri()}" if ours else one for one in contents])
            (folder / _STAMP).write_text(state)
        return python

    def checkout(self, commit: str) -> Path:
        """Return the folder of an earlier commit, with an environment of its own.

        Raises:
            BenchmarkError: If that cannot be set up.
            SkippedError: If the repository's history is not there.
        """
        folder = self._folder / f"commit-{commit}"
        state = digest(commit, sys.version, str(folder))
        if not is_current(folder, state):
            self._log(f"setting up the source tree of {commit}")
            shutil.rmtree(folder, ignore_errors=True)
            try:
                _run(["git", "clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(folder)])
                _run(["git", "checkout", "--quiet", "--detach", commit], folder)
            except BenchmarkError as error:
                raise SkippedError(f"commit {commit} is in the repository's history only: {error}") from error
            _run(["make", "install", f"PYTHON={Path(sys.executable).resolve()}"], folder)
            (folder / _STAMP).write_text(state)
        return folder

    @cached_property
    def prism(self) -> list[str]:
        """The command that starts Prism.

        Raises:
            SkippedError: If there is no Node.js, or Prism cannot be installed.
        """
        return self._node_program("prism", "@stoplight/prism-cli/dist/index.js")

    @cached_property
    def mockoon(self) -> list[str]:
        """The command that starts Mockoon.

        Raises:
            SkippedError: If there is no Node.js, or Mockoon cannot be installed.
        """
        return self._node_program("mockoon", "@mockoon/cli/bin/run.js")

    def _node_program(self, name: str, program: str) -> list[str]:
        """Install the packages in a folder of `benchmarks`, and return the command that runs a program of them."""
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise SkippedError(f"{name.capitalize()} needs Node.js and npm; install them for a comparison")
        source, folder = ROOT / "benchmarks" / name, self._folder / name
        state = digest(*((source / file).read_bytes() for file in _NODE_FILES))
        if not is_current(folder, state):
            self._log(f"setting up {name}")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for file in _NODE_FILES:
                shutil.copy(source / file, folder)
            try:
                _run([npm, "ci", "--loglevel=error"], folder)
            except BenchmarkError as error:
                raise SkippedError(f"{name.capitalize()} could not be installed: {error}") from error
            (folder / _STAMP).write_text(state)
        return [node, str(folder / "node_modules" / program)]

    def _install(self, python: Path, requirements: Sequence[str]) -> None:
        # Otherwise the first start would compile the modules, and later ones would not.
        command = [_uv(), "pip", "install", "--quiet", "--system-certs", "--compile-bytecode", "--python", str(python)]
        try:
            _run([*command, "--constraint", str(LOCK), *requirements])
        except BenchmarkError as error:
            # uv does not read pip's configuration. pip refuses hashes if one package, our own, has none.
            self._log(f"uv could not install the packages, so pip does: {error}")
            versions = self._folder / "constraints.txt"
            versions.write_text(re.sub(r" \\\n +--hash=\S+", "", LOCK.read_text(encoding="utf-8")))
            command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
            _run([*command, "--constraint", str(versions), *requirements])

    @cached_property
    def _source_digest(self) -> str:
        return digest(*(part for path in _sources() for part in (str(path.relative_to(ROOT)), path.read_bytes())))

    @cached_property
    def _wheel(self) -> Path:
        folder = self._folder / "dist"
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT)])
        return next(folder.glob("*.whl")).resolve()


def require_replicate(python: tuple[int, int]) -> None:
    """Skip a comparison with replicate if this Python cannot import it.

    Args:
        python: The version of Python.

    Raises:
        SkippedError: On Python 3.14 and newer.
    """
    if python >= (3, 14):
        raise SkippedError("replicate needs pydantic v1, which Python 3.14 cannot import; use an older Python")


def digest(*parts: str | bytes) -> str:
    """Return a digest of some parts, which also depends on the borders between them."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        whole.update(b"%d:" % len(content) + content)
    return whole.hexdigest()


def is_current(folder: Path, state: str) -> bool:
    """Return whether the setup of a folder is complete, and of the same state."""
    stamp = folder / _STAMP
    return stamp.exists() and stamp.read_text() == state


def _sources() -> Iterator[Path]:
    yield ROOT / "pyproject.toml"
    yield ROOT / "openapi.yaml"
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _uv() -> str:
    return str(Path(sys.executable).parent / "uv")


def _run(command: Sequence[str], folder: Path = ROOT) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BenchmarkError(f"{command[0]} cannot be run ({error}); `make install` sets up what is needed") from error
    if done.returncode:
        output = (done.stderr or done.stdout).strip()
        raise BenchmarkError(f"{Path(command[0]).name} {command[1]} ended with {done.returncode}: {output[-2000:]}")
