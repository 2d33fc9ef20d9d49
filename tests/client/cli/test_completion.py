"""The completion scripts of `zeroscope completion`, in the shells themselves."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.command import Command
from zeroscope._service.spec import input_schema, spec
from zeroscope.cli.app import COMMANDS

SHELLS = {
    "bash": ".local/share/bash-completion/completions/zeroscope",
    "zsh": ".zfunc/_zeroscope",
    "fish": ".config/fish/completions/zeroscope.fish",
}
MODELS = set(input_schema()["properties"]["model"]["enum"])
# What is typed, and what is offered then: all commands, one option, all choices, and files.
CASES = [
    ("zeroscope ", set(COMMANDS)),
    ("zeroscope run --num-f", {"--num-frames"}),
    ("zeroscope run --model ", MODELS),
    ("zeroscope run --output dra", {"draft.mp4"}),
    ("zeroscope run --init-video dra", {"draft.mp4"}),
    ("zeroscope upscale dra", {"draft.mp4"}),
    ("zeroscope completion ", set(SHELLS)),
    ("zeroscope list --status ", set(spec()["components"]["schemas"]["PredictionStatus"]["enum"])),
    ("zeroscope run dra", set()),
    ("zeroscope run --prompt dra", set()),
    ("zeroscope upscale draft.mp4 --prompt dra", set()),
]


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without settings of shells."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "ZDOTDIR", "ZSH", "ZSH_CUSTOM"):
        monkeypatch.delenv(name, raising=False)
    # For zsh, which otherwise finds the folders of the system, and as root may write there.
    (folder / ".zfunc").mkdir()
    (folder / ".zshrc").write_text("fpath=(~/.zfunc $fpath)\nautoload -Uz compinit; compinit -u\nPROMPT='> '\n")
    return folder


@pytest.mark.parametrize("shell", SHELLS)
def test_script__is_printed(command: Command, home: Path, shell: str) -> None:
    """Without --install the script is printed, and no file is made."""
    before = sorted(home.rglob("*"))
    outcome = command("completion", shell)
    assert outcome.code == 0 and outcome.err == "" and "zeroscope" in outcome.out
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize("shell", SHELLS)
def test_install__never_replaces_a_foreign_file_unasked(command: Command, home: Path, shell: str) -> None:
    """The script is saved where the shell looks; its own file is replaced, another one only if that is asked for."""
    if shell == "zsh" and not shutil.which("zsh"):
        pytest.skip("zsh is not installed")
    path = home / SHELLS[shell]
    outcome = command("completion", shell, "--install")
    assert outcome.code == 0 and outcome.out.startswith(f"{path}: the completion for {shell}; ")
    script = path.read_text(encoding="utf-8")
    assert script == command("completion", shell).out
    path.write_text(f"{script}# from an earlier version\n", encoding="utf-8")
    assert command("completion", shell, "--install").code == 0 and path.read_text(encoding="utf-8") == script
    path.write_text("mine\n", encoding="utf-8")
    refused = command("completion", shell, "--install")
    assert refused.code == 2 and f"{path}: the file exists, and this command has not made it" in refused.err
    assert path.read_text(encoding="utf-8") == "mine\n"
    assert command("completion", shell, "--install", "--overwrite").code == 0
    assert path.read_text(encoding="utf-8") == script


def test_install__follows_the_folders_of_the_environment(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The folders of the XDG specification replace those in the home folder, unless they are relative."""
    for variable, shell, below in (
        ("XDG_CONFIG_HOME", "fish", "fish/completions/zeroscope.fish"),
        ("XDG_DATA_HOME", "bash", "bash-completion/completions/zeroscope"),
    ):
        monkeypatch.setenv(variable, str(tmp_path / "xdg"))
        assert command("completion", shell, "--install").code == 0 and (tmp_path / "xdg" / below).exists()
        monkeypatch.setenv(variable, "relative")
        assert command("completion", shell, "--install").code == 0 and not (tmp_path / "relative").exists()


def test_install__for_zsh_without_a_folder_says_what_to_add(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where zsh looks into no folder that can be written, or is missing, the lines for ~/.zshrc are printed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = command("completion", "zsh", "--install")
    assert outcome.code == 0 and (home / ".zfunc/_zeroscope").exists()
    assert f"add to ~/.zshrc, before other completions: fpath=({home}/.zfunc $fpath); autoload" in outcome.out


def test_install__for_zsh_stays_in_the_home_folder(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A folder of the system is left alone, even if it can be written, as root may."""
    (tmp_path / "system").mkdir()
    monkeypatch.setattr("zeroscope.cli.completion._zsh_folders", lambda: [tmp_path / "system"])
    outcome = command("completion", "zsh", "--install")
    assert outcome.code == 0 and (home / ".zfunc/_zeroscope").exists() and not any((tmp_path / "system").iterdir())


def test_shell__that_is_unknown_is_refused(command: Command) -> None:
    """The shells are a choice, and all of them are named."""
    outcome = command("completion", "tcsh")
    assert outcome.code == 2 and all(shell in outcome.err for shell in SHELLS)


def require(shell: str) -> str:
    """Return the path of a shell, or skip the test."""
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    return path


@pytest.mark.parametrize(("typed", "offered"), CASES)
def test_bash__completes(command: Command, tmp_path: Path, typed: str, offered: set[str]) -> None:
    """Bash offers commands, options, choices and files."""
    bash = require("bash")
    (tmp_path / "draft.mp4").touch()
    (tmp_path / "script").write_text(command("completion", "bash").out, encoding="utf-8")
    *words, last = typed.split(" ")
    words_of_bash = " ".join(f"'{word}'" for word in [*words, last])
    program = f"source ./script; COMP_WORDS=({words_of_bash}); COMP_CWORD={len(words)}; _zeroscope"
    program += '; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run([bash, "--norc", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert set(done.stdout.split()) == offered and done.stderr == ""


@pytest.mark.parametrize(("typed", "offered"), CASES)
def test_fish__completes(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, offered: set[str]
) -> None:
    """Fish offers commands, options, choices and files, from the place where it looks."""
    fish = require("fish")
    (tmp_path / "draft.mp4").touch()
    # For a command that it does not find, it loads no completion.
    (tmp_path / "zeroscope").touch(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert command("completion", "fish", "--install").code == 0
    done = subprocess.run([fish, "-c", f"complete -C '{typed}'"], capture_output=True, text=True, check=True)
    lines = {line.partition("\t")[0] for line in done.stdout.splitlines()}
    assert lines == offered


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_bash__completes_files_on_the_tab_key(command: Command, tmp_path: Path) -> None:
    """A space in a name is quoted, and a folder gets a slash without a space after it."""
    bash = require("bash")
    import pty

    (tmp_path / "a file.mp4").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "draft.mp4").touch()
    (tmp_path / "script").write_text(command("completion", "bash").out, encoding="utf-8")
    (tmp_path / "rc").write_text("source ./script\nzeroscope() { printf '<%s>' \"$@\"; echo; }\nPS1='> '\n")
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [bash, "--rcfile", "rc", "-i"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=tmp_path,
        env={**os.environ, "TERM": "dumb"},
        start_new_session=True,
    ) as process:
        os.close(follower)
        read_until(leader, "> ")
        for typed, given in (
            ("upscale a\t", "<upscale><a file.mp4>"),
            ("upscale a\\ fi\t", "<upscale><a file.mp4>"),
            ("upscale fol\tdra\t", "<upscale><folder/draft.mp4>"),
            ("run x --output fol\tdra\t", "<run><x><--output><folder/draft.mp4>"),
            ("run fol\t", "<run><fol>"),
        ):
            os.write(leader, f"zeroscope {typed}\n".encode())
            read_until(leader, re.escape(given))
        process.kill()
    os.close(leader)


@pytest.fixture
def zsh(tmp_path: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """An interactive zsh on a pseudo-terminal, with the number of its leader."""
    path = require("zsh")
    import pty

    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "dumb"}
    with subprocess.Popen(
        [path, "-i"], stdin=follower, stdout=follower, stderr=follower, cwd=tmp_path, env=environment
    ) as process:
        os.close(follower)
        yield leader, process
        process.kill()
    os.close(leader)


def read_until(leader: int, pattern: str) -> str:
    """Read from a pseudo-terminal until a pattern is found, for at most 30 seconds."""
    shown = b""
    while not re.search(pattern, shown.decode(errors="replace")):
        assert select.select([leader], [], [], 30)[0], f"{pattern!r} is not in {shown!r}"
        shown += os.read(leader, 4096)
    return shown.decode(errors="replace")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("start", ["", "source <(cat script)\n"], ids=["installed", "sourced"])
def test_zsh__completes(command: Command, tmp_path: Path, request: pytest.FixtureRequest, start: str) -> None:
    """Zsh completes on the Tab key, with the script where it looks and with the script sourced."""
    require("zsh")
    (tmp_path / "draft.mp4").touch()
    if start:
        (tmp_path / "script").write_text(command("completion", "zsh").out, encoding="utf-8")
    else:
        assert command("completion", "zsh", "--install").code == 0
    leader, _ = request.getfixturevalue("zsh")
    read_until(leader, "> ")
    os.write(leader, start.encode())
    for typed, completed in (
        ("zeroscope ups\t", "upscale"),
        ("zeroscope run --model animov\t", "animov-512x"),
        ("zeroscope upscale dra\t", "draft.mp4"),
    ):
        os.write(leader, typed.encode())
        read_until(leader, re.escape(completed))
        # Ctrl-U removes the line.
        os.write(leader, b"\x15")
