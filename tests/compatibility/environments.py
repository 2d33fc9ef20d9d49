"""Installs other clients, each in an environment of its own below build/.

From the folder `tests`, or with it in PYTHONPATH:

    python -m compatibility.environments           installs all clients
    python -m compatibility.environments --quick   installs those that `make test` runs
    python -m compatibility.environments --lock    pins the newest dependencies of the clients

Tests do not install anything: they have no access to the settings of the machine's user, which may be needed to reach
a package registry.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "compatibility"


@dataclass(frozen=True)
class Environment:
    """A folder with one client and what it depends on.

    Args:
        kind: The folder of this one that pins it: `python` or `npm`.
        quick: Whether `make test` runs the client.
    """

    kind: str
    name: str
    quick: bool = False

    @property
    def folder(self) -> Path:
        """Where it is installed; each Python has its own."""
        kind = self.kind if self.kind == "npm" else f"python{sys.version_info.major}.{sys.version_info.minor}"
        return BUILD / kind / self.name

    @property
    def python(self) -> Path:
        """The interpreter of a Python environment."""
        return self.folder / ("Scripts" if os.name == "nt" else "bin") / "python"

    @property
    def packages(self) -> dict[str, str]:
        """What it was made for, and the version of each."""
        source = self.sources[0].read_text()
        if self.kind == "npm":
            return dict(json.loads(source)["dependencies"])
        lines = [line.partition("#")[0].strip().partition("==") for line in source.splitlines()]
        return {name: version for name, _, version in lines}

    @property
    def sources(self) -> list[Path]:
        """The files that pin it: what was asked for, then the lock."""
        if self.kind == "npm":
            return [HERE / "npm" / self.name / name for name in ("package.json", "package-lock.json")]
        return [HERE / "python" / f"{self.name}.in", HERE / "python" / f"{self.name}.txt"]

    def missing(self) -> str | None:
        """Why the environment cannot be used, if it cannot."""
        try:
            installed = (self.folder / ".installed").read_text()
        except OSError:
            return f"{self.name} ({self.kind}) is not installed; `make test-slow` installs it, or says why it cannot"
        if installed != self._identity():
            return f"{self.name} ({self.kind}) is installed with other pins or in another place; run `make test-slow`"
        return None

    def install(self) -> str | None:
        """Install it unless it is installed; return why that failed, if it did."""
        if self.missing() is None:
            return None
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            for command in self._commands():
                done = subprocess.run(command, cwd=self.folder, capture_output=True, encoding="utf-8", check=False)
                if done.returncode:
                    return f"{self.name} ({self.kind}): {' '.join(command[:3])} failed:\n{done.stderr or done.stdout}"
        except FileNotFoundError as error:
            return f"{self.name} ({self.kind}): {error.filename} is missing"
        (self.folder / ".installed").write_text(self._identity())
        return None

    def lock(self) -> None:
        """Pin the newest of what the package depends on."""
        source, target = self.sources
        folder = BUILD / "lock" / self.kind / self.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        written = folder / target.name
        if self.kind == "npm":
            shutil.copy(source, folder)
            shutil.copy(HERE / "npm" / ".npmrc", folder)
            _run("npm", "install", "--package-lock-only", "--loglevel=error", cwd=folder)
            lock = json.loads(written.read_text())
            for package in lock["packages"].values():
                package.pop("funding", None)
            written.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")
        else:
            resolve = (
                "--universal --python-version=3.11 --system-certs --upgrade --generate-hashes --no-annotate --quiet"
            )
            hide = ["--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command=make lock"]
            _run(_uv(), "pip", "compile", *resolve.split(), *hide, f"--output-file={written}", str(source), cwd=ROOT)
        if "://" in written.read_text():
            raise SystemExit(f"A URL got into {written}.")
        shutil.move(written, target)

    def _commands(self) -> list[list[str]]:
        if self.kind == "npm":
            for path in (*self.sources, HERE / "npm" / ".npmrc"):
                shutil.copy(path, self.folder)
            return [["npm", "ci", "--loglevel=error"]]
        install = [_uv(), "pip", "install", "--quiet", "--system-certs", f"--python={self.python}", "--require-hashes"]
        return [
            [_uv(), "venv", "--quiet", "--allow-existing", f"--python={sys.executable}", str(self.folder)],
            [*install, f"--requirement={self.sources[1]}"],
        ]

    def _identity(self) -> str:
        """What decides whether an installed environment still fits: its pins, its place and its Python."""
        pins = hashlib.sha256(b"".join(path.read_bytes() for path in self.sources)).hexdigest()
        python = "" if self.kind == "npm" else f"{os.path.realpath(sys.executable)} {sys.version}"
        return f"{pins}\n{self.folder}\n{python}\n"


ENVIRONMENTS = {
    (environment.kind, environment.name): environment
    for environment in (
        Environment("python", "replicate-0.25.2"),
        Environment("python", "replicate-0.34.2"),
        Environment("python", "replicate-1.0.7", quick=True),
        Environment("python", "replicate-2.0.0b4"),
        Environment("python", "litellm"),
        Environment("python", "langchain-community"),
        Environment("python", "llama-index-llms-replicate"),
        Environment("python", "webhook-libraries"),
        Environment("npm", "replicate-0.25.2"),
        Environment("npm", "replicate-0.34.1"),
        Environment("npm", "replicate-1.4.0", quick=True),
        Environment("npm", "replicate-mcp"),
        Environment("npm", "ai-sdk"),
        Environment("npm", "webhook-libraries"),
        # No client: what fakes the service by hand in examples/ported.
        Environment("npm", "nock"),
        # The schemas of the reports of `zeroscope conformance`: HAR and SARIF.
        Environment("npm", "report-validators", quick=True),
    )
}


def main() -> None:
    """Install or pin the clients; what cannot be installed is reported, and its tests are skipped."""
    parser = argparse.ArgumentParser(prog="python -m compatibility.environments")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--lock", action="store_true")
    options = parser.parse_args()
    chosen = [environment for environment in ENVIRONMENTS.values() if environment.quick or not options.quick]
    if options.lock:
        for environment in chosen:
            environment.lock()
        return
    with ThreadPoolExecutor(2) as pool:
        failures = [failure for failure in pool.map(Environment.install, chosen) if failure]
    for failure in failures:
        print(f"The tests of a client are skipped. {failure}", file=sys.stderr)


def _uv() -> str:
    return str(Path(sys.executable).with_name("uv"))


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True)


if __name__ == "__main__":
    main()
