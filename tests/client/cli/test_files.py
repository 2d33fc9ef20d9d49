"""The files that the command's option `--output` names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpers.command import Command
from zeroscope.cli.errors import CommandError
from zeroscope.cli.files import Target
from zeroscope_mock import MockServer


def paths(output: str | None, videos: int = 1, predictions: int = 1) -> list[str]:
    """The files of some predictions with the IDs p0, p1 and so on, and the seeds 70, 71 and so on."""
    target = Target() if output is None else Target.parse(output)
    return [
        path.as_posix()
        for position in range(predictions)
        for path in target.paths(
            f"p{position}",
            70 + position,
            range(position * videos, (position + 1) * videos),
            videos,
            predictions,
        )
    ]


@pytest.mark.parametrize(
    ("output", "videos", "predictions", "expected"),
    [
        (None, 1, 1, ["p0.mp4"]),
        (None, 2, 1, ["p0-0.mp4", "p0-1.mp4"]),
        (None, 1, 2, ["p0.mp4", "p1.mp4"]),
        (".", 1, 1, ["p0.mp4"]),
        ("new/", 1, 2, ["new/p0.mp4", "new/p1.mp4"]),
        ("a.mp4", 1, 1, ["a.mp4"]),
        ("A.MP4", 1, 1, ["A.MP4"]),
        ("a.m4v", 1, 1, ["a.m4v"]),
        ("a", 1, 1, ["a.mp4"]),
        ("v1.5", 1, 1, ["v1.5.mp4"]),
        ("b/a.b.mp4", 3, 1, ["b/a.b-0.mp4", "b/a.b-1.mp4", "b/a.b-2.mp4"]),
        ("a.mp4", 2, 2, ["a-0.mp4", "a-1.mp4", "a-2.mp4", "a-3.mp4"]),
        ("{id}-{index}-{seed}.mp4", 1, 2, ["p0-0-70.mp4", "p1-1-71.mp4"]),
        ("{index:03}", 1, 2, ["000.mp4", "001.mp4"]),
        ("{seed}.mp4", 1, 2, ["70-0.mp4", "71-1.mp4"]),
        ("{seed}.mp4", 1, 1, ["70.mp4"]),
        ("{id}.mp4", 2, 2, ["p0-0.mp4", "p0-1.mp4", "p1-2.mp4", "p1-3.mp4"]),
        ("{id}/{index}.mp4", 1, 1, ["p0/0.mp4"]),
        ("{{x}}.mp4", 1, 1, ["{x}.mp4"]),
    ],
)
def test_paths__differ(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    output: str | None,
    videos: int,
    predictions: int,
    expected: list[str],
) -> None:
    """A template has its names replaced, and where names would be equal, a number is added before the suffix."""
    monkeypatch.chdir(tmp_path)
    assert paths(output, videos, predictions) == expected


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("{name}.mp4", "there is no {name}; there are {id}, {index}, {seed}"),
        ("{}.mp4", "there is no {}"),
        ("{id.__class__}.mp4", "there is no {id.__class__}"),
        ("{.mp4", "in braces, names may have {id}, {index}, {seed}"),
        ("{index:x y}.mp4", "in braces, names may have"),
        ("{index!z}.mp4", "in braces, names may have"),
        ("a.gif", "a.gif: the videos are MP4 files; end the name with .mp4 instead of .gif"),
        ("a.WEBM", "end the name with .mp4 instead of .WEBM"),
        ("a.png", "end the name with .mp4 instead of .png"),
        ("a.mp3", "end the name with .mp4 instead of .mp3"),
        ("", "--output is empty"),
        (" ", "--output is empty"),
        ("--mock", "--output --mock: name a file or a folder"),
    ],
)
def test_output__that_makes_no_sense_is_refused(
    command: Command, server: MockServer, tmp_path: Path, output: str, message: str
) -> None:
    """An unknown name in braces, another kind of file, or another option is told before anything is sent."""
    outcome = command("run", "a lighthouse", "--output", output)
    assert (outcome.code, outcome.out) == (2, "") and message in outcome.err
    assert len(server.journal) == 0 and not list(tmp_path.iterdir())


def test_suffix__that_is_missing_is_added_and_told(command: Command, tmp_path: Path) -> None:
    """A name without suffix gets one, and stderr says so."""
    outcome = command("run", "a lighthouse", "-o", "v1.5")
    assert outcome.code == 0 and [path.name for path in tmp_path.iterdir()] == ["v1.5.mp4"]
    assert "zeroscope: --output has no suffix, so .mp4 is added to it\n" in outcome.err
    assert "no suffix" not in command("run", "a lighthouse", "-o", "other.mp4").err


@pytest.mark.parametrize("output", ["new/", "new/deep/", "{id}/", "new/{seed}/{index}.mp4", "new/{id}"])
def test_folder__that_is_missing_is_made(command: Command, tmp_path: Path, output: str) -> None:
    """A folder that ends with a slash, and that of a template, is made with the first video, and not before."""
    assert command("run", "a lighthouse", "--width", "1", "-o", output).code == 2
    assert command("run", "mock:fail out of luck", "-o", output).code == 1
    assert not list(tmp_path.iterdir())
    outcome = command("run", "a lighthouse", "-o", output)
    assert outcome.code == 0, outcome.err
    (saved,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert outcome.out.startswith(f"{saved.relative_to(tmp_path)}: ")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("file/", "file: this is not a folder"),
        ("file/deep/", "file: this is not a folder"),
        ("file/{seed}/{index}.mp4", "file: this is not a folder"),
        ("missing/a.mp4", "missing: there is no such folder"),
        ("0.mp4", "0.mp4: the file exists, pass --overwrite to replace it"),
        ("{index}.mp4", "0.mp4: the file exists, pass --overwrite to replace it"),
    ],
)
def test_output__that_cannot_be_written_is_refused_before_paying(
    command: Command, server: MockServer, tmp_path: Path, output: str, message: str
) -> None:
    """A file in the place of a folder, a missing folder, and a file that exists are found before anything is sent."""
    for name in ("file", "0.mp4"):
        (tmp_path / name).touch()
    outcome = command("run", "a lighthouse", "-o", output)
    assert (outcome.code, outcome.out) == (2, "") and message in outcome.err
    assert len(server.journal) == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_pipe__keeps_its_name_and_is_refused(command: Command, server: MockServer, tmp_path: Path) -> None:
    """A pipe or a device gets no suffix: a file beside it is not what was meant."""
    os.mkfifo(tmp_path / "pipe")
    outcome = command("run", "a lighthouse", "-o", "pipe")
    assert outcome.code == 2 and "pipe: this is not a file" in outcome.err and len(server.journal) == 0


@pytest.mark.parametrize("id", ["../../x", "/abs", "a/b", "a\\b", "C:x", "nul\0", ".", "..", "\x1b[2J", "x" * 300])
@pytest.mark.parametrize("videos", [1, 2])
def test_paths__stay_in_the_folder_whatever_the_id_is(id: str, videos: int, tmp_path: Path) -> None:
    """An ID that is a path, no file name at all, or a template leads to a file in the folder."""
    for path in Target.parse(str(tmp_path)).paths(id, None, range(videos), videos):
        assert path.parent == tmp_path and path.name.isprintable() and path.suffix == ".mp4"
        path.touch()


def test_id__with_braces_is_no_template() -> None:
    """What the service puts into an ID is not replaced again."""
    (path,) = Target().paths("{seed}", 7, [0])
    assert "7" not in path.name.replace("%7B", "").replace("%7D", "")


def test_seed__that_is_unknown_is_named_so() -> None:
    """A prediction without a seed in its log has a file all the same."""
    assert Target.parse("{seed}.mp4").paths("p", None, [0]) == [Path("unknown.mp4")]


def test_tilde__is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The home folder is found also where the shell left the tilde alone, for files and folders."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Target.parse("~/a.mp4").template == str(tmp_path / "a.mp4")
    assert Target.parse("~").template == str(tmp_path / "{id}.mp4")


def test_template__that_is_wrong_names_what_there_is() -> None:
    """The error is one of the command, also where the option is parsed without the app."""
    with pytest.raises(CommandError, match=r"there is no \{nmae\}"):
        Target.parse("{nmae}")
