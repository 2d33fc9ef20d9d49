"""Clients of models of any kind, generated from their schemas alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers.model_clients import take_steps
from helpers.model_files import CLIENT_ROW, STEPS, ModelFile


@pytest.fixture(scope="session")
def types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder of the type checker, which the models of one process share."""
    return tmp_path_factory.mktemp("types")


@pytest.mark.slow
def test_client__follows_the_schema(model: ModelFile, tmp_path: Path, types: Path, record_property: Any) -> None:
    """The spec takes the schema over, and a client is generated from it that types, sends and saves what it should."""
    progress = take_steps(model, tmp_path, types)
    record_property(CLIENT_ROW, ([model.name, *progress.row], progress.notes))

    if progress.error:
        raise progress.error
    assert progress.passed == list(STEPS)


def test_take_steps__says_why_one_failed(tmp_path: Path) -> None:
    """The row of a model has a word for each step, and the sentence of the one that failed, on one line."""
    file = tmp_path / "lab__broken.json"
    file.write_text('{"components": {"schemas": {"Input": ["no object"]}}}', encoding="utf-8")
    (tmp_path / "tree").mkdir()

    progress = take_steps(ModelFile("lab/broken", file), tmp_path / "tree", tmp_path / "types")

    *words, sentence = progress.row
    assert (progress.passed, words) == ([], ["failed", *["-"] * (len(STEPS) - 1)])
    assert "lab__broken.json" in sentence and "\n" not in sentence
