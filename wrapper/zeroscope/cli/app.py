"""The command's app: its subcommands, and the exit code of each error."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

try:
    from cyclopts import App, CycloptsError, Group, Parameter, UnknownOptionError, UnusedCliTokensError
except ModuleNotFoundError as error:
    from .._extras import explain_missing

    explain_missing("cli", error)
    raise
from cyclopts.command_spec import CommandSpec

from .. import __version__
from .._constants import DRAFT_FIELDS, TOKEN_VARIABLE
from .._service.reserved import PREFIX, command_options
from .._service.spec import input_schema, spec
from ..errors import ZeroscopeError
from .errors import DONE, USAGE, CommandError
from .messages import exit_code, message

INPUT = Group("Input", sort_key=2, help="Fields of the model's input; only those given are sent.")
_MODEL = spec()["info"]["x-replicate"]["model"]
_FIELDS = input_schema()["properties"]
# Models of another document may take no prompt, or one that is not text.
_FORMS = [form for field in [_FIELDS.get("prompt")] if field for form in field.get("anyOf", [field])]
_PROMPT = '"A lighthouse in a storm" ' if any("string" in form.get("type", "string") for form in _FORMS) else ""
_SEVERAL = ('zeroscope run "A lighthouse" "The storm is over" -o "videos/{index}-{seed}.mp4"',) if _PROMPT else ()


# cyclopts compares options with their hyphens.
_SUGGESTION = re.compile(r"(?P<error>Unknown option: -+(?P<unknown>.+?)\.) Did you mean -+(?P<known>.+)\?")
_CLOSE = 0.6


class _Command(NamedTuple):
    """A command of the app, registered by its import path, so that each command imports only what it needs."""

    path: str
    summary: str
    """The first sentence of the function's docstring, which the app's help shows without importing it."""
    examples: tuple[str, ...]
    has_fields: bool = False
    """Whether the fields of the model's input are among its options."""
    commands: Mapping[str, _Command] = {}
    """Its own commands, by their names; what is not the name of one is an argument."""


COMMANDS = {
    "run": _Command(
        f"{__package__}.run:run_command",
        "Make videos and save them.",
        (
            f"zeroscope run {_PROMPT}-o lighthouse.mp4",
            *_SEVERAL,
            f"zeroscope run {_PROMPT}--mock --open",
        ),
        has_fields=True,
    ),
    "upscale": _Command(
        f"{__package__}.upscale:upscale",
        "Make a large video from a small one.",
        (
            "zeroscope upscale gm3qorzdhgbfurvjtvhg6dckhu -o large.mp4",
            'zeroscope upscale lighthouse.mp4 --prompt "A lighthouse in a storm" --strength 0.7',
        ),
        has_fields=True,
    ),
    "batch": _Command(
        f"{__package__}.batch:batch",
        "Make videos from many inputs and save them.",
        (
            "zeroscope batch prompts.txt",
            "zeroscope batch inputs.csv -o videos/ --num-frames 24",
            "zeroscope batch - -o videos/ < prompts.txt",
        ),
        has_fields=True,
    ),
    "wait": _Command(
        f"{__package__}.predictions:wait",
        "Wait for predictions and save their videos.",
        ("zeroscope wait gm3qorzdhgbfurvjtvhg6dckhu -o lighthouse.mp4",),
    ),
    "get": _Command(
        f"{__package__}.predictions:get",
        "Show predictions.",
        ("zeroscope get gm3qorzdhgbfurvjtvhg6dckhu", "zeroscope get gm3qorzdhgbfurvjtvhg6dckhu --json"),
    ),
    "cancel": _Command(
        f"{__package__}.predictions:cancel",
        "End predictions. To those that have already ended, nothing happens.",
        ("zeroscope cancel gm3qorzdhgbfurvjtvhg6dckhu",),
    ),
    "list": _Command(
        f"{__package__}.predictions:list_command",
        "List the account's predictions, newest first.",
        ("zeroscope list", "zeroscope list --limit 100 --json"),
    ),
    "mock": _Command(
        "zeroscope_mock.cli:serve",
        "Start the mock server, which behaves like the service and needs no token, network or money.",
        ("zeroscope mock --port 8000", "zeroscope mock --any-model --speed 100"),
    ),
    "conformance": _Command(
        "zeroscope_conformance.cli:conformance",
        "Hold a server to openapi.yaml and to what the service does beyond it.",
        ("zeroscope conformance --quick", "zeroscope conformance http://127.0.0.1:8000"),
        commands={
            "replay": _Command(
                "zeroscope_conformance.cli:replay",
                "Repeat the part of a run that found a failure, and tell whether it still fails.",
                ("zeroscope conformance replay k3w7q2ma", "zeroscope conformance replay k3w7q2ma --from report.json"),
            ),
        },
    ),
    "completion": _Command(
        f"{__package__}.completion:completion",
        "Print a script that lets a shell complete this command.",
        ("zeroscope completion bash --install", "zeroscope completion zsh > ~/.zfunc/_zeroscope"),
    ),
}
_EXAMPLES = (
    f"zeroscope run {_PROMPT}-o lighthouse.mp4",
    f"zeroscope run {_PROMPT}--mock",
    "zeroscope run --help",
)


class _LazyCommand(CommandSpec):
    """A command that has its summary for a help until it is imported, and then its docstring, which says more."""

    commands: Mapping[str, _Command] = {}

    def resolve(self, parent_app: App) -> App:
        is_new = not self.is_resolved
        app = super().resolve(parent_app)
        app.help = None
        if is_new and self.commands:
            app.usage = f"Usage: zeroscope {self.name} [OPTIONS] [ARGS]"
            _register(app, self.commands)
        return app


def _register(app: App, commands: Mapping[str, _Command]) -> None:
    for name, command in commands.items():
        settings = {"help_epilogue": _help_end(command.examples)}
        fields = {"default_parameter": Parameter(group=INPUT)} if command.has_fields else {}
        lazy = _LazyCommand(command.path, name, settings | fields, command.summary)
        lazy.commands = command.commands
        app._commands[name] = lazy


def _help_end(examples: Iterable[str]) -> str:
    # The backslash is a line break in Markdown.
    return "Examples:\n\n" + "\\\n".join(f"$ {example}" for example in examples)


def _shown_default(value: object) -> str | None:
    # That a flag is not given, or a list is empty, needs no word.
    return None if value is None or value is False or value == () else str(value)


app = App(
    name="zeroscope",
    default_parameter=Parameter(show_default=_shown_default),
    version=__version__,
    help=f"Make videos with {_MODEL}. The token is read from {TOKEN_VARIABLE}; with --mock, `run` needs none.",
    help_epilogue=_help_end(_EXAMPLES),
    version_flags=["--version"],
    # `run` below reports how the prediction ended.
    suppress_keyboard_interrupt=False,
)
if not _FIELDS.keys() >= set(DRAFT_FIELDS):
    del COMMANDS["upscale"]
_register(app, COMMANDS)


def _with_plain_options(arguments: Sequence[str]) -> list[str]:
    """Return arguments with each field's own option in place of `--input.NAME`, which the help leaves out."""
    if not arguments or arguments[0] not in COMMANDS or not COMMANDS[arguments[0]].has_fields:
        return list(arguments)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = command_options(_FIELDS)
    plain = []
    for argument in arguments[:end]:
        name, equals, value = argument.removeprefix(PREFIX).partition("=")
        is_field = argument.startswith(PREFIX) and name in options
        plain.append(f"{options[name]}{equals}{value}" if is_field else argument)
    return [*plain, *arguments[end:]]


def run(arguments: Sequence[str]) -> int:
    """Run a command line, report any error but a missing module as one sentence on stderr, and return the exit code."""
    _escape_unencodable_output()
    try:
        app(_with_plain_options(arguments), exit_on_error=False, print_error=False, result_action="return_value")
        # Flushes stdout, which a program may have been started without.
        print(end="", flush=True)
    except BrokenPipeError:
        # The reader has closed the pipe. Without this, Python would report it again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except UnusedCliTokensError as error:
        return _report(f"what is {' '.join(error.unused_tokens or [])!r} for?", USAGE)
    except UnknownOptionError as error:
        return _report(_without_far_suggestion(str(error)), USAGE)
    except ImportError as error:
        # cyclopts raises an ImportError that does not name the module, from the error that does.
        raise error.__cause__ if isinstance(error.__cause__, ModuleNotFoundError) else error from None
    except CommandError as error:
        return _report(error, error.exit_code) if str(error) else error.exit_code
    except (CycloptsError, ZeroscopeError, OSError, KeyboardInterrupt) as error:
        return _report(error, exit_code(error))
    return DONE


def _escape_unencodable_output() -> None:
    """Print characters that the terminal's encoding lacks as escapes, instead of failing on them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _without_far_suggestion(text: str) -> str:
    """Leave out an option that is suggested for an unknown one only because both begin with hyphens."""
    # Imported here because only errors need it.
    from difflib import SequenceMatcher

    found = _SUGGESTION.fullmatch(text)
    if found is None or SequenceMatcher(None, found["unknown"], found["known"]).ratio() >= _CLOSE:
        return text
    return found["error"]


def _report(error: BaseException | str, exit_code: int) -> int:
    print(f"zeroscope: {message(error)}", file=sys.stderr)
    return exit_code
