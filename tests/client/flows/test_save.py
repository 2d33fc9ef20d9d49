"""Saving all videos of a prediction to a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import Harness, ScriptedResponses, prediction_body
from helpers.downloads import DATA, URL, outputs, whole
from zeroscope_mock import MockServer

OLD = b"old"


def named(request: httpx.Request) -> httpx.Response:
    """An answer that tells one video from another."""
    return httpx.Response(200, content=request.url.raw_path)


@pytest.mark.parametrize(
    ("urls", "names"),
    [
        (["https://x.test/output-1.mp4", "https://x.test/output-0.mp4"], ["output-0.mp4", "output-1.mp4"]),
        (["https://x.test/a/out.mp4", "https://x.test/b/out.mp4"], ["out-0.mp4", "out-1.mp4"]),
        (["https://x.test/a/out.mp4", "https://x.test/b/OUT.mp4"], ["out-0.mp4", "OUT-1.mp4"]),
        (["https://x.test/a/%C3%A4.mp4", "https://x.test/b/a%CC%88.mp4"], ["ä-0.mp4", "a\u0308-1.mp4"]),
        (["https://x.test/a/output-0.mp4", "https://x.test/b/output-0.mp4"], ["output-0-0.mp4", "output-0-1.mp4"]),
        (["https://x.test/a/out", "https://x.test/b/out"], ["out-0", "out-1"]),
        (
            ["https://x.test/a/x.mp4", "https://x.test/b/x.mp4", "https://x.test/x-1.mp4", "https://x.test/x-2.mp4"],
            ["x-0.mp4", "x-3.mp4", "x-1.mp4", "x-2.mp4"],
        ),
        (
            [
                "https://x.test/a/x.mp-4",
                "https://x.test/b/x.mp-4",
                "https://x.test/c/x.mp-4",
                "https://x.test/x-1.mp-4",
            ],
            ["x-0.mp-4", "x-2.mp-4", "x-3.mp-4", "x-1.mp-4"],
        ),
        (["https://x.test/a/", "https://x.test/b/"], ["output-0.mp4", "output-1.mp4"]),
    ],
)
def test_names__are_those_of_the_urls_and_no_two_alike(
    harness: Harness, tmp_path: Path, urls: list[str], names: list[str]
) -> None:
    """Each video has a file of its own, in the order of the videos, also where large letters are as good as small."""
    prediction, _ = outputs(harness, *urls, responses=[named])
    paths = harness.do(prediction.save_all, tmp_path)
    assert sorted(path.name for path in paths) == sorted(names)
    for path, each in zip(paths, prediction.videos, strict=True):
        assert path.parent == tmp_path and path.read_bytes() == httpx.URL(each.url).raw_path
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_save_all__is_in_the_order_of_the_videos(harness: Harness, tmp_path: Path) -> None:
    """The service lists its files in any order; the numbers in their names are what counts."""
    urls = [f"https://x.test/output-{number}.mp4" for number in (10, 2, 0)]
    prediction, _ = outputs(harness, *urls, responses=[named])
    paths = harness.do(prediction.save_all, str(tmp_path))
    assert [path.name for path in paths] == ["output-0.mp4", "output-2.mp4", "output-10.mp4"]


def test_data_urls__get_names_by_their_index_and_type(harness: Harness, tmp_path: Path) -> None:
    """What came within the answer has no name of its own."""
    prediction, script = outputs(harness, "data:video/mp4,abc", "data:video/webm,def", responses=[httpx.Response(500)])
    paths = harness.do(prediction.save_all, tmp_path)
    assert [(path.name, path.read_bytes()) for path in paths] == [("output-0.mp4", b"abc"), ("output-1.webm", b"def")]
    assert script.requests == []


@pytest.mark.parametrize("folder", ["new", "new/and/deep", "."])
def test_folder__is_made_where_it_is_missing(harness: Harness, tmp_path: Path, folder: str) -> None:
    """A folder that is not there yet is made, and those above it."""
    prediction, _ = outputs(harness, URL, responses=[whole(DATA)])
    (path,) = harness.do(prediction.save_all, tmp_path / folder)
    assert path == tmp_path / folder / "output-0.mp4" and path.read_bytes() == DATA


def test_folder__that_is_a_file_is_refused(harness: Harness, tmp_path: Path) -> None:
    """A file in the folder's place is named, and nothing is fetched."""
    (tmp_path / "file").write_bytes(OLD)
    prediction, script = outputs(harness, URL, responses=[whole(DATA)])
    with pytest.raises(NotADirectoryError, match="not a folder"):
        harness.do(prediction.save_all, tmp_path / "file")
    assert script.requests == []


@pytest.mark.parametrize(
    "last",
    [
        "..",
        ".",
        "...",
        ".%20.",
        "%2e%2e",
        "..%2Fa.mp4",
        "%2E%2E%2fa.mp4",
        "%2Fetc%2Fpasswd",
        "a%2Fb.mp4",
        "..%5Ca.mp4",
        "a\\..\\b.mp4",
        "a%5Cb.mp4",
        "a.mp4%00.txt",
        "C:a.mp4",
        "c%3A%5Ca.mp4",
    ],
)
def test_name__that_leads_out_of_the_folder_is_refused(harness: Harness, tmp_path: Path, last: str) -> None:
    """Dots, separators of any system, NUL and drives, spelt out or encoded: nothing is fetched, made or written."""
    prediction, script = outputs(harness, URL, f"https://x.test/a/{last}", responses=[whole(DATA)])
    with pytest.raises(
        zeroscope.MalformedResponseError, match=r"leads out of the folder.*video\.save\(path\)"
    ) as caught:
        harness.do(prediction.save_all, tmp_path / "folder")
    assert script.requests == [] and list(tmp_path.iterdir()) == []
    assert caught.value.prediction is prediction


def test_targets__are_all_checked_before_the_first_download(harness: Harness, tmp_path: Path) -> None:
    """One file that exists already stops the whole; with overwrite=True it is replaced."""
    urls = [URL, URL.replace("-0", "-1")]
    (tmp_path / "output-1.mp4").write_bytes(OLD)
    prediction, script = outputs(harness, *urls, responses=[named])
    with pytest.raises(FileExistsError, match="overwrite=True"):
        harness.do(prediction.save_all, tmp_path)
    assert script.requests == [] and [path.name for path in tmp_path.iterdir()] == ["output-1.mp4"]
    paths = harness.do(prediction.save_all, tmp_path, overwrite=True)
    assert [path.read_bytes() for path in paths] == [b"/x/output-0.mp4", b"/x/output-1.mp4"]


def test_failure__keeps_what_is_saved_and_says_so(harness: Harness, tmp_path: Path) -> None:
    """A video that is gone does not take those before it along, and the error names both kinds."""
    urls = [f"https://x.test/output-{number}.mp4" for number in range(3)]
    prediction, _ = outputs(harness, *urls, responses=[named, httpx.Response(404), named])
    with pytest.raises(zeroscope.NotFoundError) as caught:
        harness.do(prediction.save_all, tmp_path)
    first, *left = (tmp_path / f"output-{number}.mp4" for number in range(3))
    assert list(tmp_path.iterdir()) == [first] and first.read_bytes() == b"/output-0.mp4"
    (note,) = caught.value.__notes__
    assert note.startswith(f"Saved: {first}. Missing: {left[0]}, {left[1]}; save those with video.save(path), or all")
    assert caught.value.prediction is prediction


def test_interrupt__says_what_is_saved(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a video keeps those before it, and stays Ctrl-C."""
    harness = Harness("sync")
    prediction, _ = outputs(harness, URL, responses=[whole(DATA[:1000], error=KeyboardInterrupt())])
    with pytest.raises(KeyboardInterrupt) as caught:
        prediction.save_all(tmp_path)
    assert caught.value.__notes__ == ["None of the videos is saved."] and list(tmp_path.iterdir()) == []


def test_progress__is_reported_for_one_video_after_the_other(harness: Harness, tmp_path: Path) -> None:
    """The numbers are those of the video that is being fetched."""
    told: list[tuple[int, int | None]] = []
    urls = [URL, URL.replace("-0", "-1")]
    prediction, _ = outputs(harness, *urls, responses=[whole(DATA[:10], DATA[10:]), whole(b"abc", length=3)])
    harness.do(prediction.save_all, tmp_path, on_progress=lambda *numbers: told.append(numbers))
    assert told == [(10, len(DATA)), (len(DATA), len(DATA)), (3, 3)]


@pytest.mark.parametrize(
    ("status", "fields", "error"),
    [
        ("processing", {}, zeroscope.PredictionError),
        ("failed", {"error": "CUDA out of memory"}, zeroscope.PredictionFailedError),
        ("canceled", {}, zeroscope.PredictionCanceledError),
        ("succeeded", {"output": []}, zeroscope.EmptyOutputError),
        ("succeeded", {"output": [URL], "data_removed": True}, zeroscope.OutputExpiredError),
    ],
)
def test_prediction__without_videos_is_an_error(
    harness: Harness, tmp_path: Path, status: str, fields: dict[str, Any], error: type[zeroscope.PredictionError]
) -> None:
    """An empty list would look like success."""
    script = ScriptedResponses(httpx.Response(200, json=prediction_body(status, **fields)))
    prediction = harness.do(harness.client(script).predictions.get, "gm3q")
    with pytest.raises(error):
        harness.do(prediction.save_all, tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


def test_prediction__from_a_list_is_read_first(harness: Harness, tmp_path: Path) -> None:
    """Where a list has left the output out, the service is asked for it."""
    listed = {"next": None, "previous": None, "results": [{"id": "gm3q", "status": "succeeded"}]}
    body = json.dumps(prediction_body("succeeded", output=[URL]))
    script = ScriptedResponses(httpx.Response(200, json=listed), httpx.Response(200, text=body), whole(DATA))
    (prediction,) = harness.all(harness.client(script).predictions.list)
    (path,) = harness.do(prediction.save_all, tmp_path)
    assert path.read_bytes() == DATA
    assert script.lines[1:] == ["GET /v1/predictions/gm3q", "GET /x/output-0.mp4"]


def test_service__gives_all_videos(harness: Harness, tmp_path: Path) -> None:
    """Against the mock server, with a cut in each download, all files are what an undisturbed read gives."""
    server = MockServer(seed=4)
    client: Any = server.client() if harness.kind == "sync" else server.async_client()
    made = harness.do(client.run, prompt="a lighthouse", num_frames=3, batch_size=3)
    undisturbed = [harness.do(each.read) for each in made]
    server.faults.add(operation="getOutput", truncate=0.5, times=1, per="resource")
    paths = harness.do(made[0].prediction.save_all, tmp_path / "videos")
    assert [path.name for path in paths] == ["output-0.mp4", "output-1.mp4", "output-2.mp4"]
    assert [path.read_bytes() for path in paths] == undisturbed
