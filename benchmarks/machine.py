"""The machine that the benchmarks run on."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from .environments import LOCK, ROOT

PEERS = ("httpx", "replicate", "respx", "httpx-sse", "schemathesis", "openapi-python-client", "av", "uvicorn", "uvloop")


def machine_info() -> dict[str, str]:
    """Return the machine, the interpreters and the versions of the peers, each in a few words."""
    info = {
        "processor": f"{_processor()}, {os.cpu_count() or 'an unknown number of'} cores",
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Python": platform.python_version(),
    }
    node = shutil.which("node")
    if node is not None:
        info["Node.js"] = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    versions = locked_versions(LOCK.read_text(encoding="utf-8"))
    prism = f"Prism {node_version('prism')}"
    info["versions"] = ", ".join([f"{name} {versions[name]}" for name in PEERS if name in versions] + [prism])
    return info


def node_version(name: str) -> str:
    """Return the version of the Node.js program in a folder of `benchmarks`."""
    package = json.loads((ROOT / "benchmarks" / name / "package.json").read_text(encoding="utf-8"))
    (version,) = package["devDependencies"].values()
    return str(version)


def locked_versions(lock: str) -> dict[str, str]:
    """Return the versions in a lock, by package; if a package has several, the one for the newest Python."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or "an unknown processor"


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (AttributeError, ValueError, OSError):
        return "unknown"
