"""Files of versions, and the options that name them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from zeroscope_mock.cog import read_version

SCHEMA: dict[str, Any] = {
    "openapi": "3.0.2",
    "components": {"schemas": {"Input": {"type": "object", "properties": {"prompt": {"type": "string"}}}}},
}
VERSION = {"id": "0f" * 32, "created_at": "2024-05-06T07:08:09.25Z", "cog_version": "0.9.4", "openapi_schema": SCHEMA}


def test_a_version__as_given(tmp_path: Path) -> None:
    """A version goes out as the file has it."""
    (path := tmp_path / "llama.json").write_text(json.dumps(VERSION))

    version = read_version(path)

    assert version.id == VERSION["id"]
    assert version.created == 1714979289.25
    assert version.values == VERSION
    assert [one.field for one in version.schema.invalid_fields({"prompt": 7}, "input")] == ["input.prompt"]
