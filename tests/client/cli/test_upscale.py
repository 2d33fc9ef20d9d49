"""The command `upscale`, of predictions, their pages, and files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.command import Command
from zeroscope import Prediction
from zeroscope.cli import video_files
from zeroscope_mock import MockServer


@pytest.fixture
def draft(server: MockServer) -> Prediction:
    """A small video of 16 frames at 12 per second."""
    fields: Any = {"prompt": "a lighthouse", "model": "576w", "num_frames": 16, "fps": 12}
    return server.client().predictions.create(fields).wait()


def sent(server: MockServer) -> dict[str, Any]:
    """The input of the newest prediction."""
    return next(iter(server.client().predictions.list())).input


@pytest.mark.parametrize("form", ["{id}", "https://replicate.com/p/{id}", "{url}"])
def test_prediction__is_taken_by_id_and_url(
    command: Command, server: MockServer, draft: Prediction, tmp_path: Path, form: str
) -> None:
    """The second step has the draft's video, prompt and frames, and the size of a large video."""
    outcome = command("upscale", form.format(id=draft.id, url=draft.urls["get"]), "-o", "large.mp4")
    assert outcome.code == 0 and outcome.out.startswith("large.mp4: 1024x576, 16 frames at 12 fps"), outcome.err
    expected = {"prompt": "a lighthouse", "num_frames": 16, "fps": 12, "init_video": draft.videos[0].url}
    assert sent(server).items() >= {**expected, "init_weight": 0.25}.items()


def test_options__replace_what_the_draft_has(command: Command, server: MockServer, draft: Prediction) -> None:
    """Fields that are given are sent in place of those taken from the draft, and the strength is an option."""
    options = ["--strength", "0.7", "--prompt", "a storm", "--width", "768", "--seed", "9"]
    assert command("upscale", draft.id, *options).code == 0
    assert sent(server).items() >= {"init_weight": 0.3, "prompt": "a storm", "width": 768, "seed": 9}.items()
    help = command("upscale", "--help").out
    assert "--init-video" not in help and "--init-weight" not in help and "--num-inference-steps" in help


@pytest.mark.parametrize("has_pyav", [True, False])
def test_file__is_sent_with_its_frames(
    command: Command,
    server: MockServer,
    draft: Prediction,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_pyav: bool,
) -> None:
    """Of a file, frames and rate are read where PyAV is installed; otherwise they are the model's defaults."""
    draft.videos[0].save(tmp_path / "draft.mp4")
    if not has_pyav:
        monkeypatch.setattr(video_files, "properties", lambda path: None)
    assert command("upscale", "draft.mp4", "--prompt", "a storm", "-o", "large.mp4").code == 0
    frames = {"num_frames": 16, "fps": 12} if has_pyav else {"num_frames": 24, "fps": 8}
    assert sent(server).items() >= {"prompt": "a storm", "init_weight": 0.25, "width": 1024, **frames}.items()
    assert sent(server)["init_video"].startswith(("data:video/mp4", "http"))


def test_url__of_a_video_is_a_draft(command: Command, server: MockServer, draft: Prediction) -> None:
    """The address of a video is sent as it is."""
    url = draft.videos[0].url
    assert command("upscale", url, "--prompt", "a storm").code == 0
    assert sent(server)["init_video"] == url


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["draft.mp4"], 2, "there is no prompt: write what the video should show after --prompt"),
        (["missing.mp4"], 2, "missing.mp4: there is no such file"),
        (["missing/draft"], 2, "missing/draft: there is no such file"),
        (["text.mp4", "--prompt", "x"], 2, "text.mp4: this is not a video that can be read"),
        (["draft.mp4", "--prompt", "x", "--strength", "2"], 2, "--strength"),
        (["draft.mp4", "--prompt", "x", "--default-prompt"], 2, "given twice, as --prompt and as --default-prompt"),
        (["draft.mp4", "--prompt", "x", "-o", "missing/a.mp4"], 2, "missing: there is no such folder"),
        (["gm3q", "--default-prompt"], 2, "--default-prompt is for a file"),
        (["https://replicate.com/owner/name", "--prompt", "x"], 2, "is not the URL of a prediction"),
        (["gm3q", "--mock"], 2, "has no predictions before it starts; pass a file"),
    ],
)
def test_error__is_told_before_anything_is_sent(
    command: Command,
    server: MockServer,
    draft: Prediction,
    tmp_path: Path,
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    """A draft that cannot be used, a missing prompt and a bad output cost nothing."""
    draft.videos[0].save(tmp_path / "draft.mp4")
    (tmp_path / "text.mp4").write_text("no video", encoding="utf-8")
    before = len(server.journal)
    outcome = command("upscale", *arguments)
    assert (outcome.code, outcome.out) == (code, "") and message in outcome.err
    assert len(server.journal) == before


def test_draft__that_failed_or_is_unknown(command: Command, server: MockServer) -> None:
    """A prediction without videos and one that this account does not have are told, and nothing is created."""
    failed = server.client().predictions.create({"prompt": "mock:fail out of luck"}).wait()
    outcome = command("upscale", failed.id)
    assert outcome.code == 1 and "failed: out of luck" in outcome.err
    assert command("upscale", "unknown").code == 3
    assert [prediction.id for prediction in server.client().predictions.list()] == [failed.id]


def test_draft__that_is_not_done_is_waited_for(command: Command, server: MockServer) -> None:
    """A draft that still runs is waited for, and with its timeout over nothing is created."""
    slow = server.client().predictions.create({"prompt": "mock:slow 30"})
    outcome = command("upscale", slow.id, "--timeout", "5")
    assert outcome.code == 1 and f"Wait for it again with zeroscope wait {slow.id}" in outcome.err
    assert command("upscale", slow.id, "-o", "large.mp4").code == 0
    assert [prediction.input["prompt"] for prediction in server.client().predictions.list()] == ["mock:slow 30"] * 2


def test_file_properties__without_pyav(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without PyAV nothing is known of a file but its size."""
    monkeypatch.setitem(sys.modules, "av", None)
    assert video_files.properties(tmp_path / "a.mp4") is None
