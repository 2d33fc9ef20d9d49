"""Fixtures of the update's tests: a copy of the spec, and the command on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers.model_versions import SMALL, SPEC, Run, as_cog, input_of, runner


@pytest.fixture
def cog() -> dict[str, Any]:
    """The present input as Cog writes it."""
    return as_cog(input_of(SPEC))


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A copy of the document."""
    path = tmp_path / "openapi.yaml"
    path.write_bytes(SPEC.encode())
    return path


@pytest.fixture
def run(spec: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Updates the copy."""
    return runner(spec, capsys)


@pytest.fixture
def small(spec: Path) -> Path:
    """A document with no field in its input."""
    spec.write_text(SMALL, encoding="utf-8")
    return spec
