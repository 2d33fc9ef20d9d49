"""The command `run`: its prompts, files, JSON, viewer and mock server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from helpers.command import COMMAND, Command
from zeroscope import Video
from zeroscope._service.spec import input_schema
from zeroscope.cli.errors import CommandError
from zeroscope.cli.prompts import require_quotes
from zeroscope_mock import MockServer

DEFAULT = input_schema()["properties"]["prompt"]["default"]


def inputs(server: MockServer) -> list[dict[str, Any]]:
    """The inputs of the server's predictions, oldest first."""
    with server.client() as client:
        return [prediction.input for prediction in client.predictions.list()][::-1]


def test_no_prompt__is_refused_without_a_terminal(command: Command, server: MockServer) -> None:
    """Without a terminal, no video is made of the model's own prompt, which was not asked for."""
    for arguments in (["run"], ["run", "--width", "640"]):
        outcome = command(*arguments)
        assert (outcome.code, outcome.out) == (2, "")
        assert "there is no prompt: write what the video should show after zeroscope run, in quotes" in outcome.err
        assert "--default-prompt" in outcome.err
    assert len(server.journal) == 0


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["--default-prompt"], {}),
        (["--prompt", "x"], {"prompt": "x"}),
        (["x"], {"prompt": "x"}),
    ],
)
def test_prompt__is_what_was_asked_for(
    command: Command, server: MockServer, arguments: list[str], sent: dict[str, Any]
) -> None:
    """The model's own prompt is used only if it is asked for."""
    assert command("run", *arguments).code == 0
    assert inputs(server) == [sent]


@pytest.mark.parametrize("arguments", [[""], ["   "], ["--prompt", " "], ["a lighthouse", "a storm at", "\t"]])
def test_prompt__that_is_empty_is_refused(command: Command, server: MockServer, arguments: list[str]) -> None:
    """A prompt that shows nothing, such as that of an unset variable, is not paid for."""
    outcome = command("run", *arguments)
    assert outcome.code == 2 and "prompt" in outcome.err and len(server.journal) == 0


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (["x", "--prompt", "y"], "PROMPT and as --prompt"),
        (["x", "--default-prompt"], "PROMPT and as --default-prompt"),
        (["--prompt", "y", "--default-prompt"], "--prompt and as --default-prompt"),
    ],
)
def test_prompt__given_twice_is_refused(command: Command, server: MockServer, arguments: list[str], given: str) -> None:
    """Of two prompts given in different ways, none is chosen."""
    outcome = command("run", *arguments)
    assert outcome.code == 2 and f"the prompt is given twice, as {given}" in outcome.err and len(server.journal) == 0


def test_help__names_the_prompt_of_the_model(command: Command) -> None:
    """The help of the option says which prompt it is."""
    assert f"Use the model's own prompt: {DEFAULT}." in " ".join(command("run", "--help").out.split())


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["a", "--input.num_frames", "8", "--input.model=576w"], {"prompt": "a", "num_frames": 8, "model": "576w"}),
        (["--input.prompt", "a", "--input.remove_watermark"], {"prompt": "a", "remove_watermark": True}),
        (["--seed", "1", "--", "--input.seed"], {"prompt": "--input.seed", "seed": 1}),
    ],
)
def test_input__is_the_start_of_an_option_of_any_field(
    command: Command, server: MockServer, arguments: list[str], sent: dict[str, Any]
) -> None:
    """A field may be given as --input.NAME, with its name as in the spec; what follows `--` is no option."""
    assert command("run", *arguments).code == 0
    assert inputs(server) == [sent]


@pytest.mark.parametrize("arguments", [["list", "--input.prompt", "a"], ["run", "a", "--input.num-frames", "8"]])
def test_input__is_the_start_of_no_other_option(command: Command, server: MockServer, arguments: list[str]) -> None:
    """Commands without fields have no such options, and a name that is not spelled as in the spec is unknown."""
    outcome = command(*arguments)
    assert (outcome.code, len(server.journal)) == (2, 0)
    assert "Unknown option: --input." in outcome.err


def test_words__without_quotes_are_not_several_prompts(command: Command, server: MockServer) -> None:
    """A prompt that the shell has split is not paid for word by word."""
    for prompts in (["A", "lighthouse"], ["a lighthouse", "in", "a storm"]):
        outcome = command("run", *prompts)
        assert outcome.code == 2 and "put quotes around a prompt of several words" in outcome.err
        assert "`zeroscope batch -`" in outcome.err
    assert len(server.journal) == 0


@pytest.mark.parametrize(
    ("prompts", "is_refused"),
    [
        (["夜の灯台", "夕焼けの海"], False),
        (["ประภาคาร", "พายุ"], False),
        (["夜の灯台", "a lighthouse"], False),
        (["夜の灯台", "lighthouse"], True),
        (["폭풍", "속의", "등대"], True),
        (["маяк", "в", "шторм"], True),
        (["a lighthouse", ""], True),
    ],
)
def test_prompts__of_one_word_are_several_where_no_spaces_separate_words(prompts: list[str], is_refused: bool) -> None:
    """A text in a script without spaces is no part of a prompt that the shell has split."""
    with pytest.raises(CommandError, match="is a single word") if is_refused else nullcontext():
        require_quotes(prompts)


def test_several_prompts__are_made_side_by_side(command: Command, server: MockServer, tmp_path: Path) -> None:
    """Each prompt has a prediction with the options that all share, and the results have the order of the prompts."""
    prompts = ["mock:slow 20", "a lighthouse", "the storm is over"]
    began = server.clock.monotonic()
    outcome = command("run", prompts[0], "--width", "640", *prompts[1:], "-o", "{index}-{seed}.mp4", "--seed", "7")
    assert outcome.code == 0, outcome.err
    assert sorted(input["prompt"] for input in inputs(server)) == sorted(prompts)
    assert all(input["width"] == 640 for input in inputs(server))
    names = ["0-7.mp4", "1-7.mp4", "2-7.mp4"]
    assert [line.partition(":")[0] for line in outcome.out.splitlines()] == names
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    # One after another, they would take three times their start-up.
    assert server.clock.monotonic() - began < 40


@pytest.mark.parametrize(
    ("failing", "code", "message"),
    [
        ("mock:fail out of luck", 1, "failed: out of luck"),
        ("mock:empty of videos", 1, "succeeded without a video"),
    ],
)
def test_several_prompts__of_which_one_fails(
    command: Command, tmp_path: Path, failing: str, code: int, message: str
) -> None:
    """A prompt that fails is named on stderr and decides the exit code; the videos of the others are saved."""
    outcome = command("run", "a lighthouse", failing, "the storm is over", "-o", "out.mp4")
    assert outcome.code == code
    assert f"zeroscope: prompt 2, {failing!r}: prediction " in outcome.err and message in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out-0.mp4", "out-2.mp4"]


def test_several_prompts__of_which_one_cannot_be_saved(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A video that cannot be saved does not keep the others from it, and its prediction is named."""
    save = Video.save

    def fail(video: Video, path: Any, **options: Any) -> Any:
        if Path(path).name == "out-0.mp4":
            raise OSError(28, "No space left on device", str(path))
        return save(video, path, **options)

    monkeypatch.setattr(Video, "save", fail)
    outcome = command("run", "a lighthouse", "the storm is over", "-o", "out.mp4")
    assert outcome.code == 2 and [path.name for path in tmp_path.iterdir()] == ["out-1.mp4"]
    assert "zeroscope: prompt 1, 'a lighthouse': out-0.mp4: No space left on device" in outcome.err
    assert "succeeded; save its videos within the hour with: zeroscope wait" in outcome.err


def test_several_prompts__of_which_the_creates_are_refused(command: Command, server: MockServer) -> None:
    """A refusal by the service is told for each prompt, with the exit code for the service."""
    server.faults.add(operation="createPrediction", status=402)
    outcome = command("run", "a lighthouse", "the storm is over", "--json")
    assert outcome.code == 3 and outcome.err.count("answered 402") == 2
    for entry, prompt in zip(outcome.json, ("a lighthouse", "the storm is over"), strict=True):
        assert entry["input"] == {"prompt": prompt} and "402" in entry["error"] and entry["saved_files"] == []


def test_several_prompts__interrupted_keep_what_is_done(
    command: Command, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C cancels the predictions that run, and the files that are saved by then are printed."""
    sleep = server.clock.sleep

    def interrupt(seconds: float) -> None:
        if Path("out-1.mp4").exists():
            raise KeyboardInterrupt
        sleep(seconds)

    monkeypatch.setattr(server.clock, "sleep", interrupt)
    outcome = command("run", "mock:slow 500", "a lighthouse", "-o", "out.mp4")
    assert outcome.code == 130 and outcome.out.startswith("out-1.mp4: ")
    with server.client() as client:
        assert sorted(prediction.status for prediction in client.predictions.list()) == ["canceled", "succeeded"]


def test_json__names_the_saved_files(command: Command, server: MockServer) -> None:
    """The JSON is the prediction as the service sent it, with one more key: the files, in the order of the videos."""
    outcome = command("run", "a lighthouse", "--batch-size", "2", "-o", "new/", "--json")
    saved = outcome.json.pop("saved_files")
    with server.client() as client:
        found = client.predictions.get(outcome.json["id"]).to_dict()
    assert {name: value for name, value in outcome.json.items() if name != "saved_files"} == found
    assert saved == [f"new/{found['id']}-{index}.mp4" for index in range(2)] and all(map(os.path.exists, saved))


def test_json__of_several_prompts_is_an_array(command: Command) -> None:
    """The array has an entry for each prompt, in their order, also for one that failed."""
    outcome = command("run", "mock:fail out of luck", "a lighthouse", "-o", "{index}.mp4", "--json")
    assert outcome.code == 1
    assert [entry["status"] for entry in outcome.json] == ["failed", "succeeded"]
    assert [entry["saved_files"] for entry in outcome.json] == [[], ["1.mp4"]]


def test_option__that_is_invalid_for_several_prompts(command: Command, server: MockServer) -> None:
    """An invalid option is told once, before anything is sent, and stdout has no JSON."""
    outcome = command("run", "a lighthouse", "the storm is over", "--timeout", "-1", "--json")
    assert (outcome.code, outcome.out, len(server.journal)) == (2, "", 0) and outcome.err.count("--timeout: ") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batch-size", "2"], "exactly one video to stdout, and there are 2"),
        (["the storm is over"], "exactly one video to stdout, and there are 2"),
        (["--json"], "where --json prints"),
    ],
)
def test_stdout__takes_exactly_one_video(
    command: Command, server: MockServer, arguments: list[str], message: str
) -> None:
    """What could not be told apart on stdout is refused before anything is sent."""
    outcome = command("run", "a lighthouse", "-o", "-", *arguments)
    assert (outcome.code, outcome.out) == (2, "") and message in outcome.err and len(server.journal) == 0


def as_process(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process of its own, against a mock server of its own."""
    return subprocess.run(
        [*COMMAND, *arguments, "--mock", "--mock-speed", "1000"],
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        check=False,
        **options,
    )


def test_stdout__gets_the_bytes_of_the_video_alone(tmp_path: Path) -> None:
    """With `-o -` stdout is the video's file, byte for byte, and the progress stays on stderr."""
    seeded = ("run", "a lighthouse", "--mock-seed", "5", "-o")
    piped = as_process(*seeded, "-", cwd=tmp_path, capture_output=True)
    assert piped.returncode == 0, piped.stderr
    assert as_process(*seeded, "a.mp4", cwd=tmp_path, capture_output=True).returncode == 0
    assert piped.stdout == (tmp_path / "a.mp4").read_bytes() and b"succeeded" in piped.stderr


def test_second_run__with_the_mock_server_makes_another_video(tmp_path: Path) -> None:
    """Two runs in one folder have different IDs; with the same seed they have the same, and nothing is overwritten."""
    for _ in range(2):
        assert as_process("run", "a lighthouse", cwd=tmp_path, capture_output=True).returncode == 0
    assert len(list(tmp_path.glob("*.mp4"))) == 2
    seeded = [as_process("run", "a b", "--mock-seed", "3", cwd=tmp_path, capture_output=True) for _ in range(2)]
    assert [each.returncode for each in seeded] == [0, 2]
    assert b"the file exists, pass --overwrite" in seeded[1].stderr


@pytest.mark.parametrize("name", ["run", "upscale", "batch"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--mock-seed", "4"], "--mock-seed needs --mock"),
        (["--mock-speed", "4"], "--mock-speed needs --mock"),
        (["--mock", "--base-url", "http://127.0.0.1:9"], "--base-url is for the service, and --mock"),
    ],
)
def test_options__of_the_mock_server_are_not_for_the_service(
    command: Command, server: MockServer, tmp_path: Path, name: str, options: list[str], message: str
) -> None:
    """What was to be a test is not billed by the service, and a server that is named is not passed over in silence."""
    (tmp_path / "given.txt").write_text("a lighthouse\n", encoding="utf-8")
    given = {"run": ["a lighthouse"], "upscale": ["https://h.test/a.mp4", "--prompt", "x"], "batch": ["given.txt"]}
    outcome = command(name, *given[name], *options)
    assert outcome.code == 2 and message in outcome.err and len(server.journal) == 0


@pytest.mark.parametrize(
    "arguments",
    [["mock:slow 90", "--timeout", "0.2"], ["mock:slow 90", "the storm is over", "--timeout", "0.2"]],
    ids=["one", "several"],
)
def test_advice__fits_a_mock_server_that_is_gone(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """After a failure with --mock, no command is advised that would need its server."""
    outcome = command("run", *arguments, "--mock", "--mock-speed", "1")
    assert outcome.code == 1
    assert "The mock server of --mock is gone, and the prediction with it." in outcome.err
    for advised in ("zeroscope wait", "zeroscope cancel", "zeroscope list", "it goes on"):
        assert advised not in outcome.err


def test_advice__after_a_timeout_is_a_command(command: Command, server: MockServer) -> None:
    """A prediction of the service that goes on can be waited for, or canceled, by the commands that are named."""
    outcome = command("run", "mock:slow", "--timeout", "2")
    (prediction,) = server.client().predictions.list()
    id = prediction.id
    assert f"Wait for it again with zeroscope wait {id}, or end it with zeroscope cancel {id}." in outcome.err


def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, exit_code: int) -> Path:
    """Put a viewer on the path that writes down what it is given, and return the file in which it does."""
    programs = tmp_path / "programs"
    programs.mkdir()
    shown = tmp_path / "shown"
    for name in ("xdg-open", "open"):
        (programs / name).write_text(f'#!/bin/sh\necho "$1" >> "{shown}"\nexit {exit_code}\n', encoding="utf-8")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")
    return shown


@pytest.mark.skipif(sys.platform == "win32", reason="the viewer is not a program there")
def test_open__shows_the_saved_files(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each saved file is given to the system's viewer by its absolute path, and stdout is as without it."""
    shown = opened(monkeypatch, tmp_path, 0)
    outcome = command("run", "a lighthouse", "--batch-size", "2", "-o=-a.mp4", "--open")
    assert outcome.code == 2
    outcome = command("run", "a lighthouse", "--batch-size", "2", "-o", "./-a.mp4", "--open")
    assert outcome.code == 0 and len(outcome.out.splitlines()) == 2
    assert shown.read_text(encoding="utf-8").splitlines() == [str(tmp_path / f"-a-{index}.mp4") for index in range(2)]


@pytest.mark.skipif(sys.platform == "win32", reason="the viewer is not a program there")
def test_open__that_fails_is_told(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A viewer that fails costs a sentence; the video is saved, and the command has done its work."""
    opened(monkeypatch, tmp_path, 3)
    outcome = command("run", "a lighthouse", "-o", "a.mp4", "--open")
    assert outcome.code == 0 and "zeroscope: a.mp4 could not be opened: " in outcome.err


@pytest.mark.parametrize("missing", ["display", "program"])
def test_open__without_a_viewer_is_told(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    """On a machine without a display or a viewer, a sentence says that nothing was opened, and the exit code is 0."""
    shown = opened(monkeypatch, tmp_path, 0)
    monkeypatch.setattr(sys, "platform", "linux")
    if missing == "program":
        monkeypatch.setenv("PATH", str(tmp_path))
    else:
        monkeypatch.delenv("DISPLAY")
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    outcome = command("run", "a lighthouse", "-o", "a.mp4", "--open")
    assert outcome.code == 0 and "zeroscope: a.mp4 was not opened, as this machine has no viewer" in outcome.err
    assert not shown.exists()


def test_files__are_taken_where_pydantic_is_loaded(command: Command, server: MockServer, tmp_path: Path) -> None:
    """Cyclopts has pydantic check values in a program that has loaded it, and URLs and paths stay as they are."""
    pytest.importorskip("pydantic", reason="pydantic is not installed")
    (tmp_path / "draft.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    for file in ("https://h.test//a.mp4", "draft.mp4"):
        assert command("run", "a lighthouse", "--init-video", file, "-o", "new/").code == 0
    assert [input["init_video"][:21] for input in inputs(server)] == ["https://h.test//a.mp4", "data:video/mp4;base64"]
    assert command("upscale", "https://h.test//a.mp4", "--prompt", "x").code == 0
    assert inputs(server)[-1]["init_video"] == "https://h.test//a.mp4"


def test_module__runs_the_command() -> None:
    """`python -m zeroscope` is the command, with its exit codes and under its name."""
    for arguments, code in (["--version"], 0), (["rum"], 2):
        done = [
            subprocess.run([*program, *arguments], capture_output=True, check=False, text=True)
            for program in ([sys.executable, "-m", "zeroscope"], COMMAND)
        ]
        assert done[0].returncode == done[1].returncode == code
        assert (done[0].stdout, done[0].stderr) == (done[1].stdout, done[1].stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
class TestTerminal:
    """The command on a pseudo-terminal."""

    @staticmethod
    def run(arguments: list[str], typed: bytes, cwd: Path, *, stdout: bool = False) -> tuple[int, str, bytes]:
        """Run the command with stdin and stderr on a pseudo-terminal; return its exit code, what it shows, and stdout.

        Args:
            arguments: The command line.
            typed: What is typed once the command asks for it.
            cwd: The folder.
            stdout: Whether stdout is the terminal, too.
        """
        import pty

        leader, follower = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, *arguments, "--mock", "--mock-speed", "1000"],
            cwd=cwd,
            env={**os.environ, "TERM": "dumb"},
            stdin=follower,
            stdout=follower if stdout else subprocess.PIPE,
            stderr=follower,
        ) as process:
            os.close(follower)
            os.write(leader, typed)
            shown = b""
            try:
                while chunk := os.read(leader, 4096):
                    shown += chunk
            except OSError:
                pass  # Linux reports the end of a pseudo-terminal so.
            printed = process.stdout.read() if process.stdout else b""
        os.close(leader)
        return process.returncode, shown.decode(), printed

    def test_prompt__is_asked_for(self, tmp_path: Path) -> None:
        """Where there is a terminal, the prompt is asked for on it, and stdout stays for the result."""
        code, shown, printed = self.run(["run", "--json"], b"a lighthouse\n", tmp_path)
        assert code == 0 and "Prompt: " in shown
        assert json.loads(printed)["input"] == {"prompt": "a lighthouse"}

    def test_prompt__that_is_not_given_is_refused(self, tmp_path: Path) -> None:
        """An empty answer is no prompt."""
        code, shown, printed = self.run(["run"], b"\n", tmp_path)
        assert code == 2 and "there is no prompt" in shown and printed == b"" and not list(tmp_path.iterdir())

    @pytest.mark.parametrize(("typed", "code", "videos"), [(b"y\n", 0, 2), (b"\n", 2, 0)])
    def test_prompts__of_one_word_are_made_if_so_confirmed(
        self, tmp_path: Path, typed: bytes, code: int, videos: int
    ) -> None:
        """Where there is a terminal, it is asked whether single words are prompts, and an empty answer is no."""
        ended, shown, _ = self.run(["run", "Lighthouse", "Storm"], typed, tmp_path)
        assert "2 prompts, each for a video of its own:" in shown and "'Storm'" in shown
        assert (ended, len(list(tmp_path.iterdir()))) == (code, videos)

    def test_stdout__that_is_a_terminal_gets_no_video(self, tmp_path: Path) -> None:
        """The bytes of a video would only garble a terminal, so that nothing is made."""
        code, shown, _ = self.run(["run", "a lighthouse", "-o", "-"], b"", tmp_path, stdout=True)
        assert code == 2 and "stdout, which is a terminal; redirect it" in " ".join(shown.split())
