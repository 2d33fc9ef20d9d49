"""The example notebook, and the page on notebooks, in a kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

from helpers.html_tags import Tags
from helpers.notebooks import errors, run_cells, shown
from helpers.pages import ROOT, code_blocks, read_page

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"
# The clients of the page are those of a mock server.
SET_UP = """
from functools import partial
import httpx
import zeroscope
from zeroscope_mock import MockServer

first = MockServer()
for name, http in (("Zeroscope", httpx.Client), ("AsyncZeroscope", httpx.AsyncClient)):
    connected = {"http_client": http(transport=first.transport), "clock": first.clock, "token": "a-token"}
    setattr(zeroscope, name, partial(getattr(zeroscope, name), **connected))
"""


def sources(path: Path) -> list[str]:
    """The sources of a notebook's cells of code."""
    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat is untyped
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_notebook__runs(tmp_path: Path) -> None:
    """Every cell runs, and the videos of all kinds of calls are players."""
    cells = sources(NOTEBOOK)
    outputs = run_cells(cells, tmp_path)
    assert errors(outputs) == []
    players = [len(Tags(shown(cell)).sources()) for cell in outputs]
    assert players == [0, 2, 1, 1, 1, 0, 0, 0]
    assert all(shown(cell) for cell in outputs[:-1])


def test_notebook__has_no_outputs() -> None:
    """The notebook is committed as it is before it runs."""
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]  # nbformat is untyped
    assert [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")] == []


def test_page__runs_as_shown(tmp_path: Path) -> None:
    """The blocks of the page run in order as the cells of one notebook."""
    page = read_page("notebooks.md")
    blocks = code_blocks(page, "python")
    assert len(blocks) == page.count("```python")
    outputs = run_cells([SET_UP, *blocks], tmp_path)
    assert errors(outputs) == []
    assert len(Tags(shown(outputs[1])).sources()) == 1
    assert (tmp_path / "lighthouse.mp4").stat().st_size > 1000
