"""The help of the command: what each command does, with examples."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest

from helpers.command import Command
from zeroscope._service.spec import input_schema
from zeroscope.cli.app import COMMANDS, app


def unboxed(text: str) -> str:
    """The text of a help without its frames and line breaks."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())


@pytest.mark.parametrize("name", COMMANDS)
def test_summary__is_that_of_the_command(command: Command, name: str) -> None:
    """The app's help says of each command what its docstring says first, and the command's own help says it all."""
    docstring = app[name].default_command.__doc__ or ""
    first = " ".join(docstring.partition("\n")[0].split())
    assert COMMANDS[name].summary == first
    assert f"{name} {first}" in unboxed(command("--help").out)
    described = " ".join(docstring.partition("Args:")[0].split()).replace("`", "")
    assert described in unboxed(command(name, "--help").out)


@pytest.mark.parametrize("name", COMMANDS)
def test_defaults__are_shown_where_they_say_something(command: Command, name: str) -> None:
    """No help says that a flag is not given or a list is empty, nor that the command fills in the model's prompt."""
    shown = unboxed(command(name, "--help").out)
    assert "[default: False]" not in shown and "[default: ()]" not in shown and "[default: ]" not in shown
    assert ("[default: 20]" in shown) == (name == "list")
    default = input_schema()["properties"]["prompt"]["default"]
    assert f"Default: {default}" not in shown


@pytest.mark.parametrize("example", [example for each in COMMANDS.values() for example in each.examples])
def test_example__is_a_command_line(example: str) -> None:
    """Each example is accepted by the parser, and begins with the command whose help shows it."""
    # Without what the shell reads or writes.
    words = shlex.split(re.split(r" [<>] ", example)[0])
    called, *_ = app.parse_args(words[1:], exit_on_error=False, print_error=False)
    assert words[0] == "zeroscope" and example in COMMANDS[words[1]].examples
    assert called == app[words[1]].default_command


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_examples__end_each_help(command: Command, name: str) -> None:
    """The app's help and each command's help end with examples, each on a line of its own."""
    end = command(*filter(None, [name]), "--help").out.partition("Examples:")[2]
    shown = [line.strip() for line in end.splitlines() if line.strip()]
    assert len(shown) > 1 if name == "" else shown == [f"$ {example}" for example in COMMANDS[name].examples]
    assert all(line.startswith("$ zeroscope ") for line in shown)


def test_help__imports_no_command() -> None:
    """The app's help costs no import of a command, nor of what commands need."""
    code = (
        "import sys; from zeroscope.cli import main; main(['--help']); "
        "print([name for name in sys.modules if name.startswith(('zeroscope.cli.', 'zeroscope_', 'httpx'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(re.findall(r"'([^']+)'", done.stdout.splitlines()[-1]))
    commands = {f"zeroscope.cli.{name}" for name in ("app", "errors", "extras", "messages", "process")}
    # The package that has the document, without any of its modules.
    assert loaded == {*commands, "zeroscope_api"}
