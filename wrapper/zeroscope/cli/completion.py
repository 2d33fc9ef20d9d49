"""The command that prints or installs the completion script of a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Annotated, Literal, get_args

from cyclopts import Parameter

from .app import COMMANDS, app
from .errors import CommandError
from .options import Flag
from .predictions import Overwrite

Shell = Literal["bash", "zsh", "fish"]
_NAME = "zeroscope"
_MARK = "# Made by `zeroscope completion`, which may replace this file."
# cyclopts defines a function alone, which zsh finds only in a file of the function's name.
_ZSH_START = f"""
if [[ $funcstack[1] = _{_NAME} ]]; then
  _cyclopts_{_NAME} "$@"
else
  compdef _cyclopts_{_NAME} {_NAME}
fi
"""
# What bash itself completes as a file has quotes where they are needed, and a slash after a folder; bash 3 cannot.
_BASH_FILES = 'COMPREPLY=( $(compgen -f -- "${cur}") )'
_BASH_DEFAULT = f"COMPREPLY=(); compopt -o default 2>/dev/null || {_BASH_FILES}"
# Of an option whose value is required, fish completes files unless they are ruled out.
_FISH_VALUE = re.compile(r" -r -d (?=')")
# A shell that asks something when it starts would never answer.
_SECONDS = 20.0


def completion(
    shell: Annotated[Shell, Parameter(help="The shell.")],
    /,
    *,
    install: Flag = False,
    overwrite: Annotated[Overwrite, Parameter(help="Replace a file that this command has not made.")] = False,
) -> None:
    """Print a script that lets a shell complete this command.

    Args:
        install: Save it where the shell looks for it, instead.
    """
    text = script(shell)
    if not install:
        print(text, end="")
        return
    path, advice = _place(shell)
    if path.exists() and not overwrite and _MARK not in path.read_text(encoding="utf-8", errors="replace"):
        raise CommandError(f"{path}: the file exists, and this command has not made it; --overwrite replaces it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"{path}: the completion for {shell}; {advice}")


def script(shell: Shell) -> str:
    """Return the script for a shell."""
    text = app.generate_completion(prog_name=_NAME, shell=shell).rstrip()
    if shell == "bash":
        text = text.replace(_BASH_FILES, _BASH_DEFAULT)
    elif shell == "fish":
        text = "\n".join([_FISH_VALUE.sub(" -x -d ", text), f"complete -c {_NAME} -f", *_fish_files()])
    return f"{text}\n{_ZSH_START if shell == 'zsh' else ''}{_MARK}\n"


def _fish_files() -> list[str]:
    """The lines for arguments that are files, for which cyclopts has none."""
    return [
        f"complete -c {_NAME} -n '__fish_{_NAME}_using_command {name}' -F"
        for name in COMMANDS
        for argument in app[name].assemble_argument_collection()
        if argument.index is not None and Path in get_args(argument.hint)
    ]


def _place(shell: Shell) -> tuple[Path, str]:
    """Return the file that a shell reads, and what is left to do."""
    restart = "open a new shell to use it"
    if shell == "fish":
        return _folder("XDG_CONFIG_HOME", ".config") / "fish" / "completions" / f"{_NAME}.fish", restart
    if shell == "bash":
        path = _folder("XDG_DATA_HOME", ".local/share") / "bash-completion" / "completions" / _NAME
        return path, f"{restart}; without the package bash-completion, also add to ~/.bashrc: source {path}"
    # The user's own alone, even where those of the system can be written, as by root.
    for folder in _zsh_folders():
        if folder.is_relative_to(Path.home()) and folder.is_dir() and os.access(folder, os.W_OK):
            return folder / f"_{_NAME}", restart
    folder = Path.home() / ".zfunc"
    lines = f"fpath=({folder} $fpath); autoload -Uz compinit; compinit"
    return folder / f"_{_NAME}", f"add to ~/.zshrc, before other completions: {lines}"


def _folder(variable: str, default: str) -> Path:
    given = os.environ.get(variable, "")
    # The specification of these variables says to ignore relative paths.
    return Path(given) if os.path.isabs(given) else Path.home() / default


def _zsh_folders() -> list[Path]:
    """The folders in which the user's zsh looks for functions."""
    zsh = shutil.which("zsh")
    if zsh is None:
        return []
    try:
        # Interactive, as ~/.zshrc sets the folders; what it prints comes before the mark.
        done = subprocess.run(
            [zsh, "-ic", r"print -r -- zeroscope-fpath; print -rl -- $fpath"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [Path(line) for line in done.stdout.rpartition("zeroscope-fpath\n")[2].splitlines() if os.path.isabs(line)]
