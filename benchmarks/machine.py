"""What the benchmarks run on."""

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


def describe() -> dict[str, str]:
    """The machine, the interpreters and the versions of the peers, each in a few words."""
    told = {
        "processor": f"{_processor()}, {os.cpu_count() or 'an unknown number of'} cores",
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Python": platform.python_version(),
    }
    node = shutil.which("node")
    if node is not None:
        told["Node.js"] = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    package = json.loads((ROOT / "benchmarks/prism/package.json").read_text(encoding="utf-8"))
    versions = locked(LOCK.read_text(encoding="utf-8"))
    prism = f"Prism {package['devDependencies']['@stoplight/prism-cli']}"
    told["versions"] = ", ".join([f"{name} {versions[name]}" for name in PEERS if name in versions] + [prism])
    return told


def locked(lock: str) -> dict[str, str]:
    """The versions in a lock, by the name of the package; of several for one package, that for newer Pythons."""
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
