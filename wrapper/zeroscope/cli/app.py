"""The command's app: its subcommands, and the exit code of each error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Group, Parameter, UnusedCliTokensError

from .. import __version__
from .._constants import TOKEN_VARIABLE
from .._service.spec import spec
from .._service.validation import input_schema
from .._text import escape
from ..errors import ConfigurationError, InvalidInputError, PredictionError, ZeroscopeError
from .errors import DONE, FAILED, INTERRUPTED, SERVICE, USAGE, CommandError, advise_command

INPUT = Group("Input", sort_key=2, help="Fields of the model's input; only those given are sent.")

app = App(
    name="zeroscope",
    version=__version__,
    help=f"Make videos with {spec()['info']['x-replicate']['model']}. The token is read from {TOKEN_VARIABLE}.",
    version_flags=["--version"],
    # `run` below reports how the prediction ended.
    suppress_keyboard_interrupt=False,
)
# Registered by name, so that a command imports only what it needs, and `--help` lists those whose extra is missing.
app.command("zeroscope_mock.cli:serve", name="mock")
app.command("zeroscope_conformance.cli:conformance")
app.command(f"{__package__}.predictions:run_command", name="run", default_parameter=Parameter(group=INPUT))
app.command(f"{__package__}.predictions:wait")
app.command(f"{__package__}.predictions:get")
app.command(f"{__package__}.predictions:cancel")
app.command(f"{__package__}.predictions:list_command", name="list")


def run(arguments: Sequence[str]) -> int:
    """Run a command line, report any error but a missing module as one sentence on stderr, and return the exit code."""
    _escape_unencodable_output()
    try:
        app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
        # Flushes stdout, which a program may have been started without.
        print(end="", flush=True)
    except BrokenPipeError:
        # The reader has closed the pipe. Without this, Python would report it again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except UnusedCliTokensError as error:
        unused = " ".join(error.unused_tokens or [])
        takes_prompt = "prompt" in input_schema()["properties"]
        advice = "put quotes around a prompt of several words" if takes_prompt else "the model takes no prompt"
        return _report(f"what is {unused!r} for? {advice}", USAGE)
    except ImportError as error:
        # cyclopts raises an ImportError that does not name the module, from the error that does.
        raise error.__cause__ if isinstance(error.__cause__, ModuleNotFoundError) else error from None
    except CommandError as error:
        return _report(error, error.exit_code) if str(error) else error.exit_code
    except (CycloptsError, ConfigurationError, InvalidInputError, OSError) as error:
        return _report(error, USAGE)
    except PredictionError as error:
        return _report(error, FAILED)
    except ZeroscopeError as error:
        return _report(error, SERVICE)
    except KeyboardInterrupt as error:
        return _report(error, INTERRUPTED)
    return DONE


def _escape_unencodable_output() -> None:
    """Print characters that the terminal's encoding lacks as escapes, instead of failing on them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _report(error: BaseException | str, exit_code: int) -> int:
    message = str(error) or "interrupted"
    if isinstance(error, OSError) and error.strerror:
        # The library names its argument; the command has an option.
        reason = error.strerror.replace("overwrite=True", "--overwrite")
        message = f"{error.filename}: {reason}" if error.filename else reason
    notes = map(advise_command, getattr(error, "__notes__", []))
    lines = "\n  ".join([message, *notes]).split("\n")
    print("zeroscope: " + "\n".join(map(escape, lines)), file=sys.stderr)
    return exit_code
