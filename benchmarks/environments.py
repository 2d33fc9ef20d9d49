"""Where the peers live: an environment for each, with the versions of requirements.lock, made anew when one changes."""

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

from .errors import BenchmarkError, LeftOutError

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
SOURCES = ("generated", "wrapper", "mock", "conformance")

_OURS = "zeroscope"
_CONTENTS = {
    "httpx": ["httpx"],
    "replicate": ["replicate"],
    # The client alone, as its users install it.
    "zeroscope": [_OURS],
    "mock": [f"{_OURS}[cli,mock]"],
}
_PRISM = ("package.json", "package-lock.json", ".npmrc")
_STAMP = ".installed"


class Places:
    """The environments.

    Args:
        folder: Where they are kept from one run to the next.
        tell: Called with what takes a while.
    """

    def __init__(self, folder: Path, tell: Callable[[str], object] = lambda what: None) -> None:
        self._folder = folder
        self._tell = tell

    def python(self, name: str) -> Path:
        """The interpreter of an environment: `httpx`, `replicate`, `zeroscope` or `mock`.

        Raises:
            BenchmarkError: If it cannot be set up.
            LeftOutError: If the peer cannot be had here.
        """
        if name == "replicate":
            need_replicate(sys.version_info[:2])
        contents = _CONTENTS[name]
        ours = any(one.startswith(_OURS) for one in contents)
        state = digest(sys.version, LOCK.read_bytes(), *contents, *([self._state_of_sources] if ours else []))
        place = self._folder / name
        python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        if not is_current(place, state):
            self._tell(f"setting up {name}")
            _run([_uv(), "venv", "--quiet", "--clear", "--python", sys.executable, str(place)])
            self._install(python, [f"{one} @ {self._wheel.as_uri()}" if ours else one for one in contents])
            (place / _STAMP).write_text(state)
        return python

    @cached_property
    def prism(self) -> list[str]:
        """The command that starts Prism.

        Raises:
            LeftOutError: If there is no Node.js, or Prism cannot be installed.
        """
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise LeftOutError("Prism needs Node.js and npm; install them to measure beside it")
        source, place = ROOT / "benchmarks/prism", self._folder / "prism"
        state = digest(*((source / name).read_bytes() for name in _PRISM))
        if not is_current(place, state):
            self._tell("setting up prism")
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            for name in _PRISM:
                shutil.copy(source / name, place)
            try:
                _run([npm, "ci", "--loglevel=error"], place)
            except BenchmarkError as error:
                raise LeftOutError(f"Prism could not be installed: {error}") from error
            (place / _STAMP).write_text(state)
        return [node, str(place / "node_modules/@stoplight/prism-cli/dist/index.js")]

    def _install(self, python: Path, requirements: Sequence[str]) -> None:
        # A first start that compiles would be another one's second start.
        command = [_uv(), "pip", "install", "--quiet", "--system-certs", "--compile-bytecode", "--python", str(python)]
        try:
            _run([*command, "--constraint", str(LOCK), *requirements])
        except BenchmarkError as error:
            # uv does not read pip's settings. pip takes no hashes where a package of our own has none.
            self._tell(f"uv could not install the packages, so pip does: {error}")
            versions = self._folder / "constraints.txt"
            versions.write_text(re.sub(r" \\\n +--hash=\S+", "", LOCK.read_text(encoding="utf-8")))
            command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
            _run([*command, "--constraint", str(versions), *requirements])

    @cached_property
    def _state_of_sources(self) -> str:
        return digest(*(part for path in _sources() for part in (str(path.relative_to(ROOT)), path.read_bytes())))

    @cached_property
    def _wheel(self) -> Path:
        place = self._folder / "dist"
        shutil.rmtree(place, ignore_errors=True)
        _run([sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(place), str(ROOT)])
        return next(place.glob("*.whl")).resolve()


def need_replicate(python: tuple[int, int]) -> None:
    """Leave out what is measured beside replicate where it cannot be imported.

    Args:
        python: The version of Python.

    Raises:
        LeftOutError: On Python 3.14 and newer.
    """
    if python >= (3, 14):
        raise LeftOutError("replicate needs pydantic v1, which Python 3.14 cannot import; use an older Python")


def digest(*parts: str | bytes) -> str:
    """A text that changes with any of the parts."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        whole.update(b"%d:" % len(content) + content)
    return whole.hexdigest()


def is_current(place: Path, state: str) -> bool:
    """Whether a folder was set up to the end, and from the same things."""
    stamp = place / _STAMP
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
        told = (done.stderr or done.stdout).strip()
        raise BenchmarkError(f"{Path(command[0]).name} {command[1]} ended with {done.returncode}: {told[-2000:]}")
