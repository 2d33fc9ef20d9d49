"""The commands, and what becomes of their errors."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Group, Parameter, UnusedCliTokensError

from .. import __version__
from .._environment import TOKEN_VARIABLE
from .._input import input_schema
from .._spec import spec
from ..errors import ConfigurationError, InvalidInputError, PredictionError, ZeroscopeError
from .errors import CannotCheckError, CannotStartError, NonconformantError, UnfitServerError, UsageError

DONE, FAILED, USAGE, SERVICE, INTERRUPTED = 0, 1, 2, 3, 130
INPUT = Group("Input", sort_key=2, help="Fields of the model's input; only those given are sent.")

app = App(
    name="zeroscope",
    version=__version__,
    help=f"Make videos with {spec()['info']['x-replicate']['model']}. The token is read from {TOKEN_VARIABLE}.",
    version_flags=["--version"],
    # `run` below tells what became of the prediction.
    suppress_keyboard_interrupt=False,
)
# By their names, so that each command loads what it needs and no more: the mock server starts twice as fast.
app.command("zeroscope_mock.cli:serve", name="mock")
app.command("zeroscope_conformance.cli:conformance")
app.command(f"{__package__}.predictions:run_command", name="run", default_parameter=Parameter(group=INPUT))
app.command(f"{__package__}.predictions:wait")
app.command(f"{__package__}.predictions:get")
app.command(f"{__package__}.predictions:cancel")
app.command(f"{__package__}.predictions:list_command", name="list")

_UNUSABLE = (UsageError, CannotStartError, CannotCheckError)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; every error becomes one sentence on stderr."""
    _spell_anything()
    try:
        app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has read enough; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except UnusedCliTokensError as error:
        unused = " ".join(error.unused_tokens or [])
        takes_prompt = "prompt" in input_schema()["properties"]
        advice = "put quotes around a prompt of several words" if takes_prompt else "the model takes no prompt"
        return _complain(UsageError(f"what is {unused!r} for? {advice}"), USAGE)
    except ImportError as error:
        # In place of the error that names the module, cyclopts raises one that does not.
        raise error.__cause__ if isinstance(error.__cause__, ModuleNotFoundError) else error from None
    except NonconformantError:
        return FAILED
    except UnfitServerError as error:
        return _complain(error, SERVICE)
    except (CycloptsError, ConfigurationError, InvalidInputError, OSError, *_UNUSABLE) as error:
        return _complain(error, USAGE)
    except PredictionError as error:
        return _complain(error, FAILED)
    except ZeroscopeError as error:
        return _complain(error, SERVICE)
    except KeyboardInterrupt as error:
        return _complain(error, INTERRUPTED)
    return DONE


def _spell_anything() -> None:
    """Let no character that the terminal's encoding lacks stop a line from being printed."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _complain(error: BaseException, code: int) -> int:
    said = [str(error) or "interrupted"]
    if isinstance(error, OSError) and error.strerror:
        # The library speaks of its argument, the command has an option.
        words = error.strerror.replace("overwrite=True", "--overwrite")
        said = [f"{error.filename}: {words}" if error.filename else words]
    print("zeroscope: " + "\n  ".join([*said, *getattr(error, "__notes__", [])]), file=sys.stderr)
    return code
