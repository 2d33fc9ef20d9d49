"""The `zeroscope` command: what it prints, saves and returns."""

from __future__ import annotations

import gc
import logging
import re
import signal
import subprocess
import sys
import tempfile
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from rich.progress import Progress

import zeroscope
from helpers.client import prediction_body, value_of
from helpers.command import Command
from zeroscope import Video, Zeroscope
from zeroscope._service import spec as _spec
from zeroscope._service.spec import parameters
from zeroscope.cli import main, video_files
from zeroscope.cli import predictions as commands
from zeroscope.cli.errors import advise_command
from zeroscope_mock import MockServer
from zeroscope_mock.doors.listening import Listening

FIELDS = _spec.spec()["components"]["schemas"]["PredictionInput"]["properties"]


def properties(path: Path) -> tuple[int, int, Fraction | None, int]:
    """Width, height, frame rate and number of frames of a video, as PyAV decodes it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = sum(1 for _ in container.decode(stream))
        return stream.width, stream.height, stream.average_rate, frames


def test_run__saves_what_was_asked_for(command: Command, tmp_path: Path) -> None:
    """Size, frame rate, number of frames and number of files are those of the options."""
    options = [
        "--width",
        "640",
        "--height",
        "384",
        "--fps",
        "12",
        "--num-frames",
        "36",
        "--batch-size",
        "2",
        "-o",
        "out.mp4",
    ]
    outcome = command("run", "A lighthouse in a storm", *options)
    assert outcome.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out-0.mp4", "out-1.mp4"]
    for path in tmp_path.iterdir():
        assert properties(path) == (640, 384, Fraction(12), 36)
        assert f"{path.name}: 640x384, 36 frames at 12 fps" in outcome.out
    assert "seed " in outcome.out


def test_run__without_an_output_names_the_file_after_the_prediction(command: Command, tmp_path: Path) -> None:
    """Without --output the file is called after the prediction's ID, which no other file is."""
    outcome = command("run", "A lighthouse", "--json")
    (path,) = tmp_path.iterdir()
    assert path.name == f"{outcome.json['id']}.mp4"


def test_run__sends_every_field_from_its_option(command: Command, server: MockServer) -> None:
    """Each field of the input has an option of its name, which sends its value under that name alone."""
    # A render of so many frames would take longer than all other tests.
    values = {name: value_of(field) for name, field in FIELDS.items() if name not in {"batch_size", "num_frames"}}
    options = []
    for name, value in values.items():
        option = "--" + name.replace("_", "-")
        options += [option] if value is True else [f"{option}={value}"]
    assert command("run", *options).code == 0
    (prediction,) = server.client().predictions.list()
    assert prediction.input == values


def test_help__tells_each_field_with_default_bounds_and_choices(command: Command) -> None:
    """The help of `run` says of each field what the spec says."""
    help = " ".join(command("run", "--help").out.split())
    for name, field in FIELDS.items():
        assert "--" + name.replace("_", "-") in help
        assert field["description"].rstrip(".") in help
        if "default" in field and name != "prompt":
            default = field["default"]
            assert f"Default: {str(default).lower() if isinstance(default, bool) else default}." in help
        for bound in ("minimum", "maximum"):
            assert bound not in field or str(field[bound]) in help
        for choice in field.get("enum", []):
            assert choice in help


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "mock:fail out of luck"], 1, "failed: out of luck"),
        (["run", "mock:abort"], 1, "was aborted before it started"),
        (["run", "mock:empty"], 1, "succeeded without a video"),
        (["run", "mock:expire"], 1, "minutes, make it again with zeroscope run"),
        (["run", "mock:slow", "--timeout", "2"], 1, "it goes on"),
        (["run", "x", "--width", "1"], 2, f"1 is too small, at least {FIELDS['width']['minimum']} is needed"),
        (["run", "x", "--width", "wide"], 2, "--width"),
        (["run", "x", "--widht", "576"], 2, "Did you mean --width?"),
        (["run", "x", "--foo"], 2, "Unknown option: --foo.\n"),
        (["run", "x", "--timeout", "0"], 2, "No video is made in no time"),
        (["batch", "x.txt", "--timeout", "0"], 2, "No video is made in no time"),
        (["run", "x", "--num-frames", "24.9"], 2, "'24.9' is not an integer"),
        (["run", "x", "--seed", "7.9"], 2, "'7.9' is not an integer"),
        (["run", "x", "--seed", "1e2"], 2, "'1e2' is not an integer"),
        (["run", "x", "--seed", "0x10"], 2, "'0x10' is not an integer"),
        (["run", "x", "--init-video", "s3://bucket/a.mp4"], 2, "has the scheme s3"),
        (["list", "--limit", "2.5"], 2, "'2.5' is not an integer"),
        (["run", "x", "--model", "xxl"], 2, "Choose from"),
        (["run", "x", "--prompt", "y"], 2, "the prompt is given twice"),
        (["run", "x", "-o", "missing/a.mp4"], 2, "missing: there is no such folder"),
        (["run", "x", "-o", "old.mp4"], 2, "old.mp4: the file exists, pass --overwrite to replace it"),
        (["run", "x", "-o", "old.mp4", "--batch-size", "2"], 2, "old-1.mp4: the file exists"),
        (["rum"], 2, "rum"),
        (["run", "x", "--mock", "--mock-speed", "-1"], 2, "--mock-speed"),
        (["get"], 2, "ID"),
        (["list", "--limit", "0"], 2, "--limit 0 is too small"),
        (["get", ".."], 2, "prediction_id"),
        (["get", "unknown"], 3, "404"),
        (["cancel", "unknown"], 3, "404"),
        (["wait", "unknown"], 3, "404"),
        (["list", "--base-url", "http://[::1]:0/nowhere"], 3, "404"),
    ],
)
def test_error__is_a_sentence_and_a_code(
    command: Command, tmp_path: Path, server: MockServer, arguments: list[str], code: int, message: str
) -> None:
    """Every error is reported on stderr in a sentence, and the exit code says of which kind it is."""
    for name in ("old.mp4", "old-1.mp4"):
        (tmp_path / name).write_bytes(b"old")
    outcome = command(*arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert "zeroscope: " in outcome.err and message in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old-1.mp4", "old.mp4"]
    if code == 2:
        assert len(server.journal) == 0, "nothing is sent, and paid, for what cannot be carried out"


def test_run__overwrites_with_the_option(command: Command, tmp_path: Path) -> None:
    """--overwrite replaces a file."""
    (tmp_path / "old.mp4").write_bytes(b"old")
    assert command("run", "x", "-o", "old.mp4", "--overwrite").code == 0
    assert (tmp_path / "old.mp4").read_bytes()[4:8] == b"ftyp"


def test_token__that_is_missing_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a token, the command says which variable to set."""
    monkeypatch.setattr(commands.Service, "client", lambda service: Zeroscope(base_url=service.base_url))
    outcome = command("list")
    assert outcome.code == 2 and "REPLICATE_API_TOKEN" in outcome.err


def test_service__that_cannot_be_reached_is_code_3(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection is the network's fault and says which request it was."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    def connect(base_url: str | None = None) -> Zeroscope:
        return Zeroscope("token", retry=None, http_client=httpx.Client(transport=httpx.MockTransport(refuse)))

    monkeypatch.setattr(commands.Service, "client", lambda service: connect(service.base_url))
    outcome = command("list")
    assert outcome.code == 3 and "/v1: connection refused; check the URL and the network" in outcome.err


@pytest.mark.parametrize("is_terminal", [False, True])
def test_interrupt__cancels_and_says_so(
    command: Command, server: MockServer, monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    """Ctrl-C while `run` waits announces the cancel, also above a progress bar, ends the prediction and returns 130."""
    if is_terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(server.clock, "sleep", interrupt)
    outcome = command("run", "A lighthouse")
    assert outcome.code == 130
    (prediction,) = server.client().predictions.list()
    assert prediction.status == "canceled"
    assert outcome.err.count(f"zeroscope: interrupted: canceling prediction {prediction.id}") == 1
    assert f"zeroscope: interrupted\n  Prediction {prediction.id} was canceled." in outcome.err
    assert logging.getLogger("zeroscope").handlers == []


def test_signals__that_are_ignored_stay_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command treats SIGTERM as Ctrl-C, but leaves a signal alone that its caller ignores."""
    seen: list[Any] = []
    numbers = [signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)]
    before = [signal.getsignal(number) for number in numbers]

    def record(_: Any) -> int:
        seen.extend(signal.getsignal(number) for number in numbers)
        return 0

    monkeypatch.setattr("zeroscope.cli.app.run", record)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        main([])
        signal.signal(signal.SIGTERM, before[0])
        main([])
    finally:
        signal.signal(signal.SIGTERM, before[0])
    assert seen[0] == signal.SIG_IGN
    with pytest.raises(KeyboardInterrupt):
        seen[2](signal.SIGTERM, None)
    assert [signal.getsignal(number) for number in numbers] == before


def test_get_list_wait_and_cancel__show_a_prediction(command: Command, server: MockServer, tmp_path: Path) -> None:
    """The other commands find the prediction by its ID, for people and as JSON."""
    client = server.client()
    done = client.predictions.create({"prompt": "A lighthouse", "seed": 7}).wait()
    slow = client.predictions.create({"prompt": "mock:slow"})

    shown = command("get", done.id).out
    assert f"id:           {done.id}" in shown and "status:       succeeded" in shown
    assert "seed:         7" in shown and done.videos[0].url in shown
    assert command("get", done.id, "--json").json == done.to_dict()

    lines = command("list").out.splitlines()
    assert [line.split()[:2] for line in lines] == [[slow.id, "starting"], [done.id, "succeeded"]]
    assert "A lighthouse" in lines[1]
    assert [entry["id"] for entry in command("list", "--limit", "1", "--json").json] == [slow.id]

    assert done.videos[0].url in command("wait", done.id).out
    assert command("wait", done.id, "-o", "a.mp4").code == 0
    assert properties(tmp_path / "a.mp4")[:2] == (576, 320)

    assert "status:       canceled" in command("cancel", slow.id).out
    assert command("wait", slow.id).code == 1


@pytest.mark.parametrize("id", ["../x", "/abs", "a/b", "n\0l"])
def test_run__saves_in_the_folder_whatever_the_id_is(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, id: str
) -> None:
    """A service that names a prediction like a path does not choose where its video is saved."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.host == "files.test":
            return httpx.Response(200, content=b"video")
        return httpx.Response(200, json=prediction_body("succeeded", id=id, output=["https://files.test/a.mp4"]))

    def connect(base_url: str | None = None) -> Zeroscope:
        return Zeroscope("token", http_client=httpx.Client(transport=httpx.MockTransport(respond)))

    folder = tmp_path / "videos"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(commands.Service, "client", lambda service: connect(service.base_url))
    outcome = command("run", "x")
    assert outcome.code == 0, outcome.err
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert path.parent == folder


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ('cancel it with client.predictions.cancel("gm3q").', "cancel it with zeroscope cancel gm3q."),
        ('wait with client.predictions.get("gm3q").wait().', "wait with zeroscope wait gm3q."),
        ('client.predictions.cancel("a\\"); rm -rf ~; (\\"b")', "zeroscope cancel 'a\"); rm -rf ~; (\"b'"),
        ("client.predictions.list() shows it.", "zeroscope list shows it."),
        ("another note", "another note"),
    ],
)
def test_advice__is_a_command(note: str, shown: str) -> None:
    """Where the library advises a call, the command advises a command, with the ID quoted for a shell."""
    assert advise_command(note) == shown


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("cyclopts", ["run", "x"], "zeroscope[cli]"),
        ("rich", ["run", "x"], "zeroscope[cli]"),
        ("zeroscope_mock", ["run", "x", "--mock"], "zeroscope[mock]"),
    ],
)
def test_extra__that_is_missing_is_named(missing: str, arguments: list[str], extra: str, tmp_path: Path) -> None:
    """Without an extra, the command says which one to install."""
    code = f"import sys; sys.modules[{missing!r}] = None; from zeroscope.cli import main; sys.exit(main({arguments}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 2
    assert extra in result.stderr and "Traceback" not in result.stderr


def test_wait__refuses_a_bad_output_before_it_waits(command: Command, server: MockServer, tmp_path: Path) -> None:
    """An output that could not be saved is refused at once, not after the prediction has ended."""
    slow = server.client().predictions.create({"prompt": "mock:slow"})
    (tmp_path / "old.mp4").write_bytes(b"old")
    sent, began = len(server.journal), server.clock.monotonic()
    outcome = command("wait", slow.id, "-o", "old.mp4")
    assert outcome.code == 2 and "old.mp4: the file exists, pass --overwrite to replace it" in outcome.err
    assert len(server.journal) == sent + 1 and server.clock.monotonic() == began
    assert command("wait", slow.id, "-o", "missing/a.mp4").code == 2


def test_wait__has_the_options_of_run(command: Command, server: MockServer, tmp_path: Path) -> None:
    """`wait` stops at its timeout, reports each status, and can replace a file and print JSON."""
    client = server.client()
    slow = client.predictions.create({"prompt": "mock:slow"})
    began = server.clock.monotonic()
    outcome = command("wait", slow.id, "--timeout", "2")
    assert outcome.code == 1 and server.clock.monotonic() - began < 4
    other = client.predictions.create({"prompt": "A lighthouse"})
    (tmp_path / "a.mp4").write_bytes(b"old")
    outcome = command("wait", other.id, "-o", "a.mp4", "--overwrite", "--json")
    assert outcome.json == {**client.predictions.get(other.id).to_dict(), "saved_files": ["a.mp4"]}
    assert f"{other.id} succeeded" in outcome.err
    assert (tmp_path / "a.mp4").read_bytes()[4:8] == b"ftyp"


def test_cancel__prints_json_with_the_option(command: Command, server: MockServer) -> None:
    """`cancel --json` prints the prediction as the service sent it."""
    slow = server.client().predictions.create({"prompt": "mock:slow"})
    assert command("cancel", slow.id, "--json").json["status"] == "canceled"


def test_status__is_printed_once_where_there_is_no_terminal(command: Command) -> None:
    """Without a terminal, stderr gets a line for each new status, and stdout none of them."""
    outcome = command("run", "A lighthouse", "-o", "a.mp4")
    statuses = [line.split()[1] for line in outcome.err.splitlines()]
    assert statuses == ["starting", "processing", "succeeded"]
    assert len(outcome.out.splitlines()) == 1


def test_progress__is_a_bar_on_a_terminal_and_gone_in_the_end(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal a bar shows status and steps, and is wiped out before the result is printed."""
    shown: list[dict[str, Any]] = []
    update = Progress.update

    def record(self: Progress, task: Any, **fields: Any) -> None:
        shown.append(fields)
        update(self, task, **fields)

    monkeypatch.setattr(Progress, "update", record)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    outcome = command("run", "A lighthouse", "-o", "a.mp4")
    assert outcome.code == 0
    assert shown[0]["description"].endswith(" starting") and shown[0]["total"] is None and shown[0]["steps"] == ""
    assert shown[-1]["description"].endswith(" succeeded")
    assert shown[-1]["completed"] == shown[-1]["total"] > 0
    assert shown[-1]["steps"] == "{completed}/{total}".format(**shown[-1])
    assert "succeeded" in outcome.err and outcome.err.endswith("\x1b[2K")


def test_get__shows_what_is_known(command: Command, server: MockServer) -> None:
    """Steps, times and the reason of a failure are shown where there are any."""
    client = server.client()
    failed = client.predictions.create({"prompt": "mock:fail out of luck"}).wait()
    assert "error:        out of luck" in command("get", failed.id).out
    done = client.predictions.create({"prompt": "A lighthouse"}).wait()
    shown = command("get", done.id).out
    assert done.progress is not None
    assert f"progress:     {done.progress.current}/{done.progress.total}\n" in shown
    assert f"predict time: {done.metrics['predict_time']} s\n" in shown
    assert "error:" not in shown


def test_list__shows_twenty_by_default(command: Command, server: MockServer) -> None:
    """Without --limit a long account does not fill the screen."""
    client = server.client()
    for _ in range(22):
        client.predictions.create({"prompt": "mock:fail x"})
    assert len(command("list").out.splitlines()) == 20


def test_version__is_the_packages_own(command: Command) -> None:
    """--version prints the version and nothing else."""
    assert command("--version").out.strip() == zeroscope.__version__


def test_result__does_without_pyav_and_with_files_that_are_no_videos(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Properties of a file that are not known are left out of its line."""
    path = tmp_path / "a.mp4"
    path.write_bytes(b"x" * 3 * 1024 * 1024)
    assert video_files.describe(path) == ["3072 KiB", "not a video that can be read"]
    monkeypatch.setitem(sys.modules, "av", None)
    assert video_files.describe(path) == ["3072 KiB"]


def test_run__has_a_mock_server_of_the_speed_that_was_asked_for(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its predictions are as fast as that, and the client measures its time limits by the machine's clock."""
    speeds: list[float] = []
    listen = MockServer.listen

    def recorded(server: MockServer) -> Listening:
        speeds.append(server.speed)
        return listen(server)

    monkeypatch.setattr(MockServer, "listen", recorded)
    assert command("run", "mock:fail x", "--mock", "--mock-speed", "1000").code == 1
    assert command("run", "mock:slow", "--mock", "--mock-speed", "0.001", "--timeout", "0.1").code == 1
    assert speeds == [1000, 0.001]


def test_module__that_is_missing_otherwise_is_a_bug_to_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that no extra brings is not passed off as one."""
    for module in ("app", "predictions"):
        monkeypatch.delitem(sys.modules, f"zeroscope.cli.{module}")
    monkeypatch.setitem(sys.modules, "zeroscope.cli.show", None)
    monkeypatch.delattr("zeroscope.cli.show")
    with pytest.raises(ModuleNotFoundError):
        main(["list"])


def test_folder__that_cannot_be_written_is_found_out_before_paying(
    command: Command, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no file can be made, nothing is created that could then not be saved."""

    def refuse(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    for options in ([], ["-o", "."], ["-o", "a.mp4"]):
        outcome = command("run", "x", *options)
        assert outcome.code == 2 and "no file can be saved in this folder" in outcome.err
    assert len(server.journal) == 0


def test_wait__without_an_output_needs_no_folder(
    command: Command, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing is saved, it does not matter whether it could be."""

    def refuse(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    prediction = server.client().predictions.create({})
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert command("wait", prediction.id).code == 0
    assert command("wait", prediction.id, "-o", "a.mp4").code == 2


def test_saving__that_fails_tells_how_to_save_again(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the videos cannot be saved, the error names the prediction that was paid for."""

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", "a.mp4")

    monkeypatch.setattr(Video, "save", fail)
    outcome = command("run", "x", "-o", "a.mp4")
    assert outcome.code == 2 and "a.mp4: No space left on device" in outcome.err
    assert re.search(
        r"Prediction (\w+) succeeded; save its videos within the hour with: zeroscope wait \1", outcome.err
    )


def test_json__is_printed_of_a_prediction_that_failed(command: Command) -> None:
    """A script gets the prediction on stdout also when there is no video."""
    outcome = command("run", "mock:fail out of luck", "--json")
    assert outcome.code == 1
    assert (outcome.json["status"], outcome.json["error"]) == ("failed", "out of luck")


def test_words__without_quotes_are_explained(command: Command) -> None:
    """The error for a prompt that the shell has split says that it needs quotes."""
    assert "put quotes around a prompt" in command("run", "A", "lighthouse").err


def test_output__may_begin_with_a_tilde(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home folder is made out also where the shell left it alone."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    assert command("run", "x", "-o", "~/a.mp4").code == 0
    assert (home / "a.mp4").exists()


def test_run__takes_a_file_by_its_path(command: Command, server: MockServer, tmp_path: Path) -> None:
    """A path where the spec wants a URL is that of a file to send; a missing one is refused, and help says both."""
    (tmp_path / "draft.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    outcome = command("run", "A lighthouse", "--init-video", "draft.mp4", "-o", "out.mp4", "--json")
    assert outcome.json["input"]["init_video"] == "data:video/mp4;base64,AAAAGGZ0eXBtcDQy"
    sent = len(server.journal)
    missing = command("run", "A lighthouse", "--init-video", "nowhere.mp4", "-o", "other.mp4")
    assert missing.code == 2 and "--init-video: 'nowhere.mp4' cannot be read: there is no such" in missing.err
    assert len(server.journal) == sent
    assert "--init-video URL|PATH" in command("run", "--help").out


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("threshold", [700, 10**6])
def test_program__that_runs_a_command_is_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch, threshold: int, error: Any
) -> None:
    """While a command runs, the garbage collector looks less often and a signal ends it; then all is as before."""

    def state() -> tuple[int, Any]:
        return gc.get_threshold()[0], signal.getsignal(signal.SIGTERM)

    def run(arguments: list[str]) -> int:
        seen.append(state())
        if error:
            raise error
        return 0

    monkeypatch.setattr(import_module("zeroscope.cli.app"), "run", run)
    usual, seen = gc.get_threshold(), list[tuple[int, Any]]()
    gc.set_threshold(threshold)
    before = state()
    try:
        if error is RuntimeError:
            with pytest.raises(RuntimeError):
                main([])
        else:
            assert main([]) == (130 if error else 0)
        assert state() == before
    finally:
        gc.set_threshold(*usual)
    assert seen[0][0] >= max(threshold, 100_000) and seen[0][1] != before[1]


def test_list__has_the_filters(command: Command, server: MockServer) -> None:
    """The options go to the service under their own names; a bad one is refused before anything is sent."""
    after, before = "2023-01-01T00:00:00Z", "2100-01-01T00:00:00+02:00"
    assert command("list", "--created-after", after, "--created-before", before, "--source", "web").code == 0
    (exchange,) = server.journal
    assert dict(httpx.URL(exchange.path).params) == {"created_after": after, "created_before": before, "source": "web"}
    outcome = command("list", "--created-after", "2023-01-01T00:00:00", "--source", "api")
    assert outcome.code == 2 and len(server.journal) == 1
    assert "--created-after: '2023-01-01T00:00:00' is not a date-time" in outcome.err and "--source: " in outcome.err
    help = " ".join(command("list", "--help").out.split())
    for choice in parameters("listPredictions")["source"]["schema"]["enum"]:
        assert f"{choice} lists only" in help


def test_list__begins_at_a_cursor(command: Command, server: MockServer) -> None:
    """The URL of a page continues its list."""
    with server.client() as client:
        ids = [client.predictions.create({}).id for _ in range(101)]
        following = next(client.predictions.pages()).next
    outcome = command("list", "--json", "--cursor", str(following))
    assert [entry["id"] for entry in outcome.json] == ids[:1]
    assert command("list", "--cursor", "").code == 2


@pytest.mark.parametrize("line", ["wait {id}", "run a --num-frames 8", "batch prompts.txt"])
@pytest.mark.parametrize("no_stream", [False, True], ids=["", "--no-stream"])
def test_no_stream__leaves_the_streams_alone(
    command: Command, server: MockServer, tmp_path: Path, line: str, no_stream: bool
) -> None:
    """The commands that wait follow streams unless they are told not to; the result is the same."""
    (tmp_path / "prompts.txt").write_text("a\n")
    waiting = server.client().predictions.create({"prompt": "a", "num_frames": 8})
    words = line.format(id=waiting.id).split()
    assert command(*words, *["--no-stream"] * no_stream).code == 0
    operations = {exchange.operation for exchange in server.journal}
    assert "getPrediction" in operations
    assert ("streamPrediction" in operations) == (not no_stream)
