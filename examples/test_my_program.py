"""A program that makes videos, with tests against the mock server to copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from zeroscope import PredictionFailedError, Zeroscope
from zeroscope_mock import MockServer


def make_trailer(client: Zeroscope, prompts: list[str], folder: Path) -> list[Path]:
    """Make one video for each prompt, and save it in a folder."""
    paths = []
    for number, prompt in enumerate(prompts):
        video = client.run(prompt=prompt, num_frames=36, seed=number)[0]
        paths.append(video.save(folder / f"scene-{number}.mp4"))
    return paths


def test_trailer__has_a_file_for_each_scene(tmp_path: Path) -> None:
    """Two prompts make two videos, without a token, a network or any waiting."""
    server = MockServer()
    paths = make_trailer(server.client(), ["A lighthouse in a storm", "The storm is over"], tmp_path)
    assert [path.name for path in paths] == ["scene-0.mp4", "scene-1.mp4"]
    creates = [exchange for exchange in server.journal if exchange.operation == "createPrediction"]
    assert len(creates) == 2


def test_trailer__stops_at_a_scene_that_fails(tmp_path: Path) -> None:
    """A prompt makes the mock server fail, so failure is as easy to test as success."""
    with pytest.raises(PredictionFailedError, match="too dark"):
        make_trailer(MockServer().client(), ["mock:fail too dark"], tmp_path)
    assert list(tmp_path.iterdir()) == []
