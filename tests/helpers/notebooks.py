"""Runs notebooks in a kernel, as Jupyter does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

_RUN = """
import sys
import nbclient
import nbformat
from traitlets.config import Config

# Files instead of ports: until the kernel listens on a port that was free, another process may take it.
sockets = Config() if sys.platform == "win32" else Config(KernelManager={"transport": "ipc", "ip": "kernel"})
notebook = nbformat.read(sys.argv[1], as_version=4)
options = {"timeout": 300, "startup_timeout": 300, "kernel_name": "python3", "allow_errors": True}
nbclient.NotebookClient(notebook, config=sockets, **options).execute()
nbformat.write(notebook, sys.argv[1])
"""
# Lets a busy machine render a video for longer than a reader would wait.
_TIME_TO_RENDER = "from zeroscope import _views; _views._RENDER_TIMEOUT = 60.0"
# Of the pages that Jupyter would read and write below the user's home.
_FOLDERS = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")


def run_cells(cells: list[str], folder: Path) -> list[list[Any]]:
    """Run the sources of cells in a new kernel, and return the outputs of each cell.

    Args:
        folder: An empty folder for the files of the kernel, which is also where it runs.
    """
    # nbformat has no types.
    untyped: Any = nbformat
    path = folder / "notebook.ipynb"
    sources = [_TIME_TO_RENDER, *cells]
    untyped.write(untyped.v4.new_notebook(cells=[untyped.v4.new_code_cell(source) for source in sources]), path)
    environment = {**os.environ, **{name: str(folder / name.lower()) for name in _FOLDERS}}
    command = [sys.executable, "-c", _RUN, str(path)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [cell["outputs"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]][1:]


def errors(outputs: list[list[Any]]) -> list[str]:
    """The errors of cells, and what they wrote to stderr."""
    every = [output for cell in outputs for output in cell]
    raised = [f"{each['ename']}: {each['evalue']}" for each in every if each["output_type"] == "error"]
    return raised + ["".join(each["text"]) for each in every if each.get("name") == "stderr"]


def shown(cell: list[Any], kind: str = "text/html") -> str:
    """What a cell shows in one form, its displays and its result one after another."""
    return "".join("".join(output.get("data", {}).get(kind, [])) for output in cell)
