"""`zeroscope batch`: its inputs, its results, and how it resumes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from helpers.command import COMMAND, Command
from zeroscope import Video, Zeroscope
from zeroscope._disk.journal import BatchJournal
from zeroscope.cli import batch as command_module
from zeroscope.cli import batch_input, downloads
from zeroscope.cli import show as show_module
from zeroscope_mock import MockServer

PROMPTS = ["a lighthouse", "a storm", "the storm is over"]


def prompts(path: Path, *lines: str) -> Path:
    """Write a file with a prompt in each line."""
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def operations(server: MockServer) -> Counter[str | None]:
    """Return how many requests of each operation the server has had."""
    return Counter(exchange.operation for exchange in server.journal)


def test_batch__saves_the_videos_and_counts_them(command: Command, server: MockServer, tmp_path: Path) -> None:
    """Each prompt gets a video in the folder of the file, a line on stdout, and a place in the summary."""
    prompts(tmp_path / "storm.txt", *PROMPTS)
    outcome = command("batch", "storm.txt")
    assert outcome.code == 0, outcome.err
    with server.client() as client:
        made = list(client.predictions.list())
    names = {f"{prediction.id}.mp4" for prediction in made}
    assert {path.name for path in (tmp_path / "storm-videos").iterdir()} == names
    assert {Path(line.partition(":")[0]).name for line in outcome.out.splitlines()} == names
    assert outcome.err.splitlines()[-1] == "zeroscope: 3 inputs: 3 succeeded; 3 videos in storm-videos"
    assert (tmp_path / "storm.txt.journal").exists()


def test_second_run__creates_and_fetches_nothing(command: Command, server: MockServer, tmp_path: Path) -> None:
    """What the first run has saved is neither created nor fetched again, and is listed all the same."""
    prompts(tmp_path / "storm.txt", *PROMPTS)
    first = command("batch", "storm.txt")
    sent = len(server.journal)
    second = command("batch", "storm.txt")
    assert (second.code, len(server.journal)) == (0, sent)
    assert sorted(second.out.splitlines()) == sorted(first.out.splitlines())
    assert "3 videos in storm-videos, 3 of them from before" in second.err
    prompts(tmp_path / "storm.txt", "another one", *PROMPTS)
    assert command("batch", "storm.txt").code == 0
    assert operations(server)["createPrediction"] == 4


def test_video__that_is_missing_is_fetched_again(command: Command, server: MockServer, tmp_path: Path) -> None:
    """A second run fetches just the videos that are not there, such as those that could not be saved."""
    prompts(tmp_path / "storm.txt", *PROMPTS)
    command("batch", "storm.txt")
    missing = sorted((tmp_path / "storm-videos").iterdir())[1]
    content = missing.read_bytes()
    missing.unlink()
    sent = len(server.journal)
    outcome = command("batch", "storm.txt")
    assert outcome.code == 0 and missing.read_bytes() == content
    assert len(server.journal) == sent + 1
    assert "3 videos in storm-videos, 2 of them from before" in outcome.err


@pytest.mark.parametrize(
    ("name", "options", "text", "expected"),
    [
        ("a.txt", [], "one\r\n\r\n  two  \n", [{"prompt": "one"}, {"prompt": "two"}]),
        ("a", [], "\ufeffone\n", [{"prompt": "one"}]),
        (
            "a.jsonl",
            [],
            '{"prompt": "one", "fps": 9}\n\n{"prompt": "b"}',
            [{"prompt": "one", "fps": 9}, {"prompt": "b"}],
        ),
        ("a.txt", ["--format", "jsonl"], '{"prompt": "one"}', [{"prompt": "one"}]),
        (
            "a.jsonl",
            ["--default-prompt"],
            '{"num_frames": 12}\n{"prompt": "  "}\n{"prompt": "one"}',
            [{"num_frames": 12}, {}, {"prompt": "one"}],
        ),
        (
            "a.CSV",
            ["--default-prompt"],
            'prompt,fps, guidance_scale ,remove_watermark\n"one,\ntwo",9,7.5,TRUE\n\nthree,,,false\n,8\n',
            [
                {"prompt": "one,\ntwo", "fps": 9, "guidance_scale": 7.5, "remove_watermark": True},
                {"prompt": "three", "remove_watermark": False},
                {"fps": 8},
            ],
        ),
        ("a.csv", [], "prompt;fps;;\na, b;9;;\n", [{"prompt": "a, b", "fps": 9}]),
        ("a.csv", [], "prompt,fps,\na,9,\nb,8\n", [{"prompt": "a", "fps": 9}, {"prompt": "b", "fps": 8}]),
        ("a.tsv", [], "prompt\na, b; c\n", [{"prompt": "a, b; c"}]),
        ("a.tsv", [], "prompt\tfps\na, b\t9\n", [{"prompt": "a, b", "fps": 9}]),
        (
            "a.jsonl",
            ["--fps", "12", "--negative-prompt", "text"],
            '{"prompt": "one"}\n{"prompt": "two", "fps": 9}',
            [
                {"prompt": "one", "fps": 12, "negative_prompt": "text"},
                {"prompt": "two", "fps": 9, "negative_prompt": "text"},
            ],
        ),
    ],
)
def test_input__is_read_in_each_format(
    command: Command,
    server: MockServer,
    tmp_path: Path,
    name: str,
    options: list[str],
    text: str,
    expected: list[dict[str, Any]],
) -> None:
    """Lines, JSONL and CSV become the fields of the model, with those of the options where a line has none."""
    (tmp_path / name).write_bytes(text.encode())
    outcome = command("batch", name, *options)
    assert outcome.code == 0, outcome.err
    with server.client() as client:
        sent = [prediction.input for prediction in client.predictions.list()]
    assert sorted(sent, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "a.jsonl",
            '{"width": 1, "fps": "x"}\n[1]\n{"widht": 576}\nno',
            [
                "line 1: fps: 'x' is not of type integer",
                "line 1: width: 1 is too small, at least 256 is needed",
                "line 2: [1] is not a JSON object with the fields of one input",
                "line 3: widht: there is no such field; did you mean width?",
                "line 4: this is not JSON: ",
            ],
        ),
        ("a.csv", "prompt,seed\n,4\n", ["line 2: there is no prompt; or pass --default-prompt for the model's own"]),
        (
            "a.jsonl",
            '{"num_frames": 12}\n{"prompt": "  "}',
            ["line 1: there is no prompt", "line 2: there is no prompt"],
        ),
        ("a.jsonl", '{"prompt": "a", "prompt": "b"}\n', ["line 1: prompt: this field is given twice"]),
        ("a.jsonl", '{"prompt": "a"\n', ["line 1: this is not JSON: Expecting ',' delimiter at column 15"]),
        ("a.csv", "prompt,widht\none,9\n", ["line 1: widht: there is no such field; did you mean width?"]),
        ("a.csv", "prompt,prompt\none,9\n", ["line 1: prompt: two columns have this name"]),
        (
            "a.csv",
            'prompt,fps,remove_watermark\n"one\ntwo",24.9,maybe\nthree,8,true,4\n',
            [
                "line 2: fps: '24.9' is not of type integer",
                "line 2: remove_watermark: 'maybe' is not of type boolean",
                "line 4: there are 4 cells, but the first line names 3 columns",
            ],
        ),
        ("a.csv", 'prompt\none\n"two', ["line 3: this is not CSV: "]),
        ("a.csv", "prompt,init_video\none,nowhere.mp4", ["line 2: init_video: 'nowhere.mp4' cannot be read: there is"]),
        ("a.txt", "one\n\ntwo \udcff", ["line 3: this is not UTF-8"]),
        ("a.txt", "\n\n", ["a.txt has no inputs"]),
        ("a.txt", None, ["a.txt: No such file or directory"]),
    ],
)
def test_invalid_lines__are_all_told_before_anything_is_sent(
    command: Command, server: MockServer, tmp_path: Path, name: str, text: str | None, expected: list[str]
) -> None:
    """Each violation is told with its line, and nothing is created, saved or paid for."""
    if text is not None:
        (tmp_path / name).write_bytes(text.encode(errors="surrogateescape"))
    outcome = command("batch", name)
    assert (outcome.code, outcome.out) == (2, "")
    for line in expected:
        assert line in outcome.err
    assert len(server.journal) == 0 and {path.name for path in tmp_path.iterdir()} <= {name}


@pytest.mark.parametrize(
    ("field", "said"), [(None, "no prompt; write"), ({"type": "array"}, "a prompt that is not text; write")]
)
def test_lines__need_a_model_with_a_prompt(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, field: Any, said: str
) -> None:
    """The message says what a line is, why the model cannot take it, and what to write instead."""
    monkeypatch.setattr(batch_input, "TAKES_PROMPT", False)
    monkeypatch.setattr(batch_input, "input_schema", lambda: {"properties": {} if field is None else {"prompt": field}})
    prompts(tmp_path / "a.txt", "a storm")
    outcome = command("batch", "a.txt")
    error = " ".join(outcome.err.split())
    assert (
        outcome.code == 2
        and f"each line is read as a prompt, but the model takes {said} the fields of an input as a JSON" in error
    )
    assert error.endswith("and name the file .jsonl or .csv, or pass --format")


def test_problems__are_told_up_to_a_number(command: Command, tmp_path: Path) -> None:
    """A file of another kind does not fill the screen."""
    (tmp_path / "a.jsonl").write_text("no\n" * 1000, encoding="utf-8")
    outcome = command("batch", "a.jsonl")
    assert len(outcome.err.splitlines()) == 52 and outcome.err.splitlines()[-1] == "  and 950 more"


def test_failures__are_told_with_their_lines(command: Command, server: MockServer, tmp_path: Path) -> None:
    """The summary names the line and the reason of each failure, and says that it is not paid for again."""
    prompts(tmp_path / "a.txt", "mock:fail out of luck", "", "a storm", "mock:abort")
    outcome = command("batch", "a.txt")
    assert outcome.code == 1
    summary = outcome.err[outcome.err.index("zeroscope: 3 inputs") :].splitlines()
    assert summary[0] == "zeroscope: 3 inputs: 1 succeeded, 1 failed, 1 aborted; 1 video in a-videos"
    assert summary[1].startswith("  line 1: prediction ") and "failed: out of luck" in summary[1]
    assert summary[2].startswith("  line 4: prediction ") and "was aborted before it started" in summary[2]
    assert summary[3].startswith("  a.txt.journal keeps what has failed; to pay for another try, ")
    assert len(summary) == 4
    assert command("batch", "a.txt").code == 1
    assert operations(server)["createPrediction"] == 3


def test_json__is_an_object_for_each_result(command: Command, tmp_path: Path) -> None:
    """With --json, stdout has a line for each result with the line of its input, its prediction and its files."""
    prompts(tmp_path / "a.txt", "mock:fail out of luck", "a storm")
    outcome = command("batch", "a.txt", "--json")
    failed, saved = sorted(map(json.loads, outcome.out.splitlines()), key=lambda result: result["line"])
    assert (failed["line"], failed["status"], failed["error"]) == (1, "failed", "out of luck")
    assert (saved["line"], saved["error"], failed["saved_files"]) == (2, None, [])
    assert saved["saved_files"] == [str(Path("a-videos", f"{saved['id']}.mp4"))]
    assert Path(*saved["saved_files"]).exists()


def test_several_videos__get_numbers(command: Command, tmp_path: Path) -> None:
    """All videos of a prediction are saved in the folder that --output names, which is made."""
    prompts(tmp_path / "a.txt", "a storm")
    outcome = command("batch", "a.txt", "--batch-size", "2", "-o", "out/of/it/", "--json")
    id = json.loads(outcome.out)["id"]
    assert sorted(path.name for path in (tmp_path / "out/of/it").iterdir()) == [f"{id}-0.mp4", f"{id}-1.mp4"]
    assert "1 succeeded; 2 videos in out/of/it" in outcome.err


def test_file__may_have_braces_in_its_name(command: Command, tmp_path: Path) -> None:
    """The name of the file is no template."""
    prompts(tmp_path / "{x}.txt", "a storm")
    assert "1 video in {x}-videos" in command("batch", "{x}.txt").err
    assert len(list((tmp_path / "{x}-videos").iterdir())) == 1


def test_template__names_the_videos(command: Command, tmp_path: Path) -> None:
    """A template may have the seed besides the ID, and another run finds its files."""
    prompts(tmp_path / "a.txt", "a storm")
    first, second = (command("batch", "a.txt", "--seed", "7", "-o", "{seed}-{id}.mp4", "--json") for _ in range(2))
    assert [path.name for path in tmp_path.glob("*.mp4")] == [f"7-{json.loads(first.out)['id']}.mp4"]
    assert second.out == first.out and "1 of them from before" in second.err


@pytest.mark.parametrize("status", [401, 402])
def test_service__that_refuses_is_code_3_and_the_batch_resumes(
    command: Command, server: MockServer, tmp_path: Path, status: int
) -> None:
    """After the account has been put right, the same command creates what is left."""
    prompts(tmp_path / "a.txt", *PROMPTS)
    server.faults.add(operation="createPrediction", status=status)
    outcome = command("batch", "a.txt", "--concurrency", "1")
    assert outcome.code == 3 and str(status) in outcome.err
    assert "Run the same command again to continue from a.txt.journal; nothing is paid for twice." in outcome.err
    assert "keeps what has failed" not in outcome.err
    server.faults.clear()
    assert command("batch", "a.txt").code == 0
    with server.client() as client:
        assert sorted(prediction.input["prompt"] for prediction in client.predictions.list()) == PROMPTS


def test_saving__that_fails_does_not_stop_the_others(
    command: Command, server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A video that cannot be saved is told with its line, and the next run saves it."""
    prompts(tmp_path / "a.txt", *PROMPTS)
    save = Video.save

    def fail(video: Video, path: Any, **options: Any) -> Any:
        assert video.prediction is not None
        if video.prediction.input["prompt"] == PROMPTS[1]:
            raise OSError(28, "No space left on device", str(path))
        return save(video, path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Video, "save", fail)
        outcome = command("batch", "a.txt")
    assert outcome.code == 2 and len(outcome.out.splitlines()) == 2
    assert "  line 2: a-videos" in outcome.err and ".mp4: No space left on device" in outcome.err
    assert "Run the same command again to continue from a.txt.journal" in outcome.err
    assert command("batch", "a.txt").code == 0
    assert len(list((tmp_path / "a-videos").iterdir())) == 3
    assert operations(server)["createPrediction"] == 3


def test_timeout__leaves_predictions_running_for_the_next_run(
    command: Command, server: MockServer, tmp_path: Path
) -> None:
    """A prediction that takes too long is waited for again by the same command."""
    prompts(tmp_path / "a.txt", "mock:slow")
    outcome = command("batch", "a.txt", "--timeout", "2")
    assert outcome.code == 1 and "Run the same command again" in outcome.err
    assert "1 input: 1 processing" in outcome.err or "1 input: 1 starting" in outcome.err
    assert command("batch", "a.txt").code == 0
    assert operations(server)["createPrediction"] == 1


def test_interrupt__leaves_predictions_running_for_the_next_run(
    command: Command, server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C returns 130 with a summary, cancels nothing, and the same command waits for what was created."""
    prompts(tmp_path / "a.txt", *PROMPTS)

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(server.clock, "sleep", interrupt)
        outcome = command("batch", "a.txt")
    assert outcome.code == 130 and "zeroscope: interrupted" in outcome.err
    assert "zeroscope: 3 inputs: 3 starting\n" in outcome.err and "Run the same command again" in outcome.err
    assert command("batch", "a.txt").code == 0
    counts = operations(server)
    assert (counts["createPrediction"], counts["cancelPrediction"]) == (3, 0)


def test_interrupt__while_videos_are_saved_tells_of_them(
    command: Command, server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C during the last downloads says that videos are not saved, and the same command saves them."""
    prompts(tmp_path / "a.txt", *PROMPTS)

    has_begun, is_ending = threading.Event(), threading.Event()
    save = command_module._Run._save

    def interrupt(futures: Any) -> None:
        has_begun.wait()
        raise KeyboardInterrupt

    def save_late(*arguments: Any) -> Any:
        has_begun.set()
        is_ending.wait()
        return save(*arguments)

    def finish(futures: Any, limit: float) -> None:
        is_ending.set()
        wait(futures)

    with monkeypatch.context() as patch:
        patch.setattr(command_module, "wait", interrupt)
        patch.setattr(command_module._Run, "_save", save_late)
        patch.setattr(downloads, "_THREADS", 1)
        patch.setattr(downloads, "wait", finish)
        outcome = command("batch", "a.txt")
    assert outcome.code == 130 and "3 succeeded; 1 video in a-videos" in outcome.err
    assert "  2 videos are not saved; the service keeps them for 60 minutes" in outcome.err
    assert "Run the same command again to continue from a.txt.journal" in outcome.err
    assert command("batch", "a.txt").code == 0
    assert len(list((tmp_path / "a-videos").iterdir())) == 3
    assert operations(server)["createPrediction"] == 3


@pytest.mark.parametrize("is_stalled", [False, True])
def test_interrupt__gives_up_downloads_that_are_slow(
    command: Command, server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_stalled: bool
) -> None:
    """After Ctrl-C, downloads have a limited time; the summary counts what is not saved, and another run saves it."""
    prompts(tmp_path / "a.txt", *PROMPTS)
    begun, is_over, ended = threading.Barrier(len(PROMPTS) + 1), threading.Event(), list[Path]()

    def crawl(video: Video, path: Path, *, on_progress: Callable[[int, None], None]) -> None:
        begun.wait()
        if is_stalled:
            is_over.wait()
        try:
            while True:
                on_progress(1, None)
        finally:
            ended.append(path)

    def interrupt(futures: Any) -> None:
        begun.wait()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(command_module, "wait", interrupt)
        patch.setattr(Video, "save", crawl)
        patch.setattr(downloads, "FINISH_LIMIT", 0.0)
        patch.setattr(downloads, "_STOP_LIMIT", 0.0 if is_stalled else 60.0)
        outcome = command("batch", "a.txt")
        assert is_stalled or len(ended) == len(PROMPTS)
        is_over.set()
    assert outcome.code == 130 and "zeroscope: 3 inputs: 3 succeeded\n" in outcome.err
    assert "zeroscope: interrupted: finishing 3 downloads for up to 0 s, or until another Ctrl-C\n" in outcome.err
    assert "  3 videos are not saved; the service keeps them for 60 minutes\n" in outcome.err
    assert "Run the same command again to continue from a.txt.journal" in outcome.err
    assert command("batch", "a.txt").code == 0
    assert len(list((tmp_path / "a-videos").iterdir())) == 3
    assert operations(server)["createPrediction"] == 3


def test_interrupt__after_the_summary_is_ignored(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C that comes when everything is done and told changes neither the exit code nor what is printed."""
    prompts(tmp_path / "a.txt", "a storm")
    close = Zeroscope.close

    def interrupt(client: Zeroscope) -> None:
        signal.raise_signal(signal.SIGINT)
        close(client)

    monkeypatch.setattr(Zeroscope, "close", interrupt)
    outcome = command("batch", "a.txt")
    assert outcome.code == 0 and outcome.err.endswith("1 input: 1 succeeded; 1 video in a-videos\n")
    assert command("list").code == 130


def test_interrupt__counts_what_goes_on(
    command: Command, server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-C, predictions that go on are counted, and their IDs fill no screen."""
    prompts(tmp_path / "a.txt", *PROMPTS)

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(server.clock, "sleep", interrupt)
    outcome = command("batch", "a.txt")
    assert "  3 predictions may go on and be billed.\n" in outcome.err
    assert "These predictions go on" not in outcome.err


def test_expired_videos__are_told_in_a_line(command: Command, server: MockServer, tmp_path: Path) -> None:
    """Videos that the service has removed are no reason to run the same command again."""
    prompts(tmp_path / "a.txt", "a storm")
    assert command("batch", "a.txt").code == 0
    server.clock.advance(24 * 3600)
    outcome = command("batch", "a.txt", "-o", "new/", "--journal", "a.txt.journal")
    assert outcome.code == 1
    (failure, advice) = outcome.err[outcome.err.index("  line 1: ") :].splitlines()
    assert failure.endswith(": its videos are gone; the service keeps them for 60 minutes")
    assert advice.startswith("  a.txt.journal keeps what has failed")


def test_index__numbers_the_videos_of_all_inputs(command: Command, tmp_path: Path) -> None:
    """A template's number tells the place among the inputs, as that of several prompts of a run."""
    prompts(tmp_path / "a.txt", *PROMPTS)
    assert command("batch", "a.txt", "--batch-size", "2", "-o", "out/{index}-{id}.mp4").code == 0
    assert sorted(path.name.partition("-")[0] for path in (tmp_path / "out").iterdir()) == list("012345")


@pytest.mark.parametrize("template", ["out/{index}-{id}.mp4", "[x]/{index:03d}/{seed}-{id}.mp4"])
@pytest.mark.parametrize("videos", [1, 2])
def test_index__of_a_saved_video_may_change(
    command: Command, server: MockServer, tmp_path: Path, template: str, videos: int
) -> None:
    """Videos are known by their ID after a change of the file, so none is fetched twice, or missed once expired."""
    line = ["batch", "a.txt", "--batch-size", str(videos), "-o", template]
    prompts(tmp_path / "a.txt", *PROMPTS)
    assert command(*line).code == 0
    saved = sorted(tmp_path.glob("*/**/*.mp4"))
    server.clock.advance(24 * 3600)
    prompts(tmp_path / "a.txt", *reversed(PROMPTS))
    outcome = command(*line)
    assert outcome.code == 0, outcome.err
    assert f"{3 * videos} videos in " in outcome.err and f", {3 * videos} of them from before" in outcome.err
    assert sorted(tmp_path.glob("*/**/*.mp4")) == saved and len(saved) == 3 * videos
    saved[0].unlink()
    assert command(*line).code == 1


def test_file__may_begin_with_a_hyphen(command: Command, tmp_path: Path) -> None:
    """A file of that name is no option."""
    prompts(tmp_path / "-dash.txt", "a storm")
    assert command("batch", "--dry-run", "--", "-dash.txt").code == 0


@pytest.mark.parametrize("content", [b"no journal" * 99, None])
def test_journal__that_cannot_be_used_is_not_resumed_from(
    command: Command, server: MockServer, tmp_path: Path, content: bytes | None
) -> None:
    """Where nothing was created, there is no summary, and no advice to run the same command again."""
    prompts(tmp_path / "a.txt", "a storm")
    path = tmp_path / "my.journal"
    path.mkdir() if content is None else path.write_bytes(content)
    outcome = command("batch", "a.txt", "--journal", "my.journal")
    assert outcome.code == 2 and "cannot be used" in outcome.err
    assert "again" not in outcome.err and "1 input" not in outcome.err
    assert len(server.journal) == 0


def test_lost_create__is_not_repeated(command: Command, server: MockServer, tmp_path: Path) -> None:
    """A create whose response was lost is told with what to do, and the next run finds its prediction."""
    prompts(tmp_path / "a.txt", "a storm")
    server.faults.add(operation="createPrediction", reset="after", times=1)
    outcome = command("batch", "a.txt")
    assert outcome.code == 3 and "so it was not sent again; the same command searches for it" in outcome.err
    assert "Run the same command again to continue from" in outcome.err and "keeps what has failed" not in outcome.err
    assert command("batch", "a.txt").code == 0
    assert operations(server)["createPrediction"] == 1


def test_dry_run__checks_and_counts(command: Command, server: MockServer, tmp_path: Path) -> None:
    """--dry-run needs no token, sends and writes nothing, and counts inputs and videos."""
    (tmp_path / "a.jsonl").write_text('{"prompt": "a", "batch_size": 3}\n{"prompt": "one"}', encoding="utf-8")
    outcome = command("batch", "a.jsonl", "--dry-run")
    assert (outcome.code, outcome.out) == (0, "2 valid inputs for 4 videos; nothing was sent\n")
    assert len(server.journal) == 0 and [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
    command("batch", "a.jsonl")
    again = command("batch", "a.jsonl", "--dry-run").out
    assert "; 2 known in a.jsonl.journal, 0 would be created" in again
    before = (tmp_path / "a.jsonl.journal").read_bytes()
    other = command("batch", "a.jsonl", "--dry-run", "--fps", "9").out
    assert "; 0 known in a.jsonl.journal, 2 would be created" in other
    assert (tmp_path / "a.jsonl.journal").read_bytes() == before
    assert "knows none of the inputs" in command("batch", "a.jsonl", "--fps", "9").err
    (tmp_path / "a.jsonl").write_text('{"width": 1}', encoding="utf-8")
    assert command("batch", "a.jsonl", "--dry-run").code == 2


def test_dry_run__says_that_a_run_uses_the_journal(command: Command, server: MockServer, tmp_path: Path) -> None:
    """While a batch runs, what its journal knows changes, so nothing is counted."""
    prompts(tmp_path / "a.txt", "a storm")
    with closing(BatchJournal("a.txt.journal", base_url=str(server.client().base_url))):
        outcome = command("batch", "a.txt", "--dry-run")
    assert (outcome.code, outcome.out) == (2, "")
    assert "a.txt.journal' is in use by another run; wait until that has ended, or name another file" in outcome.err


@pytest.mark.parametrize(
    ("options", "journal"), [(["--journal", "my.journal"], "my.journal"), (["-o", "out/"], "out/batch.journal")]
)
def test_stdin__needs_a_place_for_the_journal(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], journal: str
) -> None:
    """Inputs from stdin have no file beside which the journal could lie."""

    def feed() -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a storm\n")))

    feed()
    refused = command("batch", "-")
    assert refused.code == 2 and "name one with --journal, or a folder with -o" in refused.err
    feed()
    assert command("batch", "-", *options).code == 0
    assert (tmp_path / journal).is_file()


def test_mock__has_no_journal(command: Command, tmp_path: Path) -> None:
    """The mock server of --mock ends with the command, so that nothing is there to resume."""
    prompts(tmp_path / "a.txt", "a storm")
    outcome = command("batch", "a.txt", "--mock", "--mock-speed", "1000")
    assert outcome.code == 0, outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-videos", "a.txt"]
    refused = command("batch", "a.txt", "--mock", "--journal", "a.journal")
    assert refused.code == 2 and "--journal is of no use with --mock" in refused.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["a.txt", "--concurrency", "0"], "--concurrency"),
        (["a.txt", "--concurrency", "1.5"], "'1.5' is not an integer"),
        (["a.txt", "--format", "xml"], "--format"),
        (["a.txt", "--timeout", "-1"], "--timeout"),
        (["--jsno", "a.txt"], "unknown option: --jsno"),
        (["a.txt", "--journal", "."], "it is a folder or a device"),
        (["a.txt", "-o", "out.mp4"], "out.mp4 lacks {id}, by which another run knows what is saved"),
        (["a.txt", "-o", "-"], "- lacks {id}"),
        (["a.txt", "-o", "a.txt/"], "a.txt: this is not a folder"),
        (["a.txt", "--journal", "a.txt"], "--journal a.txt is the file of the inputs"),
        (["-dash.txt"], "unknown option: -dash.txt"),
        (["a.txt", "--prompt", " "], "a prompt is empty: write what the video should show"),
        (["a.txt", "--prompt", "x", "--default-prompt"], "the prompt is given twice"),
        ([], "FILE"),
    ],
)
def test_option__that_cannot_be_used_is_refused(
    command: Command, server: MockServer, tmp_path: Path, options: list[str], message: str
) -> None:
    """Nothing is sent for a command line with a mistake."""
    prompts(tmp_path / "a.txt", "a storm")
    outcome = command("batch", *options)
    assert outcome.code == 2 and message in outcome.err
    assert "Run the same command again" not in outcome.err
    assert len(server.journal) == 0


def test_results__are_printed_below_the_live_table(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where stdout is the terminal of the live table, results come after its end; in a pipe, at once."""
    prompts(tmp_path / "a.txt", *PROMPTS)
    printed: list[int] = []
    show, summarize = show_module.result, command_module._Run.summarize

    def record(*args: Any, **options: Any) -> None:
        printed.append(1)
        show(*args, **options)

    def count(run: Any) -> None:
        printed.append(0)
        summarize(run)

    monkeypatch.setattr(show_module, "result", record)
    monkeypatch.setattr(command_module._Run, "summarize", count)
    command("batch", "a.txt")
    assert printed == [1, 1, 1, 0]
    printed.clear()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    command("batch", "a.txt")
    assert printed == [0, 1, 1, 1]


@pytest.mark.slow
@pytest.mark.parametrize("is_creating", [False, True])
def test_kill__in_the_middle_pays_for_nothing_twice(tmp_path: Path, is_creating: bool) -> None:
    """Of 200 prompts, `kill -9` in the middle and a second run make 200 videos, of 200 creates.

    A kill may hit a create that is recorded and not sent yet. The second run sends it once the list would have shown
    its prediction.
    """
    count = 200
    prompts(tmp_path / "prompts.txt", *(f"lighthouse {number}" for number in range(count)))
    server = MockServer(clock="real", seed=7, token="the-token")
    server.scripts.add({"startup": 0, "run": 1}, times=None)
    with server.listen() as listening:
        environment = {**os.environ, "REPLICATE_API_TOKEN": "the-token", "ZEROSCOPE_BASE_URL": f"{listening.url}/v1"}
        command = [*COMMAND, "batch", "prompts.txt", "--concurrency", "20", "--num-frames", "4"]
        arguments: Any = {"cwd": tmp_path, "env": environment, "text": True}
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **arguments) as first:
            wait_for(lambda: operations(server)["createPrediction"] >= count // 2)
            if not is_creating:
                # A client that waits for the list has the responses of all creates.
                polls = operations(server)["listPredictions"]
                server.faults.add(operation="listPredictions", delay=30)
                wait_for(lambda: operations(server)["listPredictions"] > polls)
            first.kill()
        server.faults.clear()
        created = operations(server)["createPrediction"]
        saved = len(list((tmp_path / "prompts-videos").glob("*.mp4")))
        assert count // 2 <= created < count and 0 < saved < count
        later = "import sys, time; now = time.time; time.time = lambda: now() + 200; "
        second = subprocess.run(
            [command[0], "-c", later + command[2], *command[3:]], capture_output=True, check=False, **arguments
        )
    with server.client(token="the-token") as client:
        made = Counter(prediction.input["prompt"] for prediction in client.predictions.list())
    assert second.returncode == 0, second.stderr
    assert len(made) == count and set(made.values()) == {1}
    assert len(list((tmp_path / "prompts-videos").glob("*.mp4"))) == count
    assert f"{count} videos in prompts-videos, {saved} of them from before" in second.stderr


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, for a minute or two at most."""
    until = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)
