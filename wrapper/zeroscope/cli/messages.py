"""Messages about errors, with options in place of the library's arguments."""

from __future__ import annotations

from .._constants import TOKEN_VARIABLE
from .._service.reserved import command_options
from .._service.spec import input_schema
from .._text import escape
from ..errors import (
    AuthenticationError,
    ConfigurationError,
    InvalidInputError,
    PredictionError,
    WaitTimeoutError,
    ZeroscopeError,
)
from .errors import FAILED, INTERRUPTED, SERVICE, USAGE, CommandError, advise_command, command, option

_TOKENS = "https://replicate.com/account/api-tokens"
_SERVER_IS_GONE = "The mock server of --mock is gone, and the prediction with it."
# Advice in the library's message, in place of which the command has a note.
_GOES_ON = ", so wait for it again or cancel it"


def exit_code(error: BaseException) -> int:
    """Return the exit code of the command for an error."""
    match error:
        case CommandError():
            return error.exit_code
        case KeyboardInterrupt():
            return INTERRUPTED
        case PredictionError():
            return FAILED
        case ZeroscopeError() if not isinstance(error, ConfigurationError | InvalidInputError):
            return SERVICE
        case _:
            return USAGE


def drop_advice(error: BaseException) -> None:
    """Drop the advice of an error, as to wait for a prediction, once the mock server that it needs is gone."""
    notes = _given_notes(error)
    kept = [note for note in notes if advise_command(note) == note and "zeroscope wait" not in note]
    if len(kept) < len(notes) or _goes_on(error):
        error.__notes__ = [*kept, _SERVER_IS_GONE]


def message(error: BaseException | str) -> str:
    """Return an error as text for stderr, escaped, with a line for each invalid field and each note."""
    lines = [*_text(error).split("\n"), *(f"  {note}" for note in _notes(error))]
    return "\n".join(map(escape, lines))


def _text(error: BaseException | str) -> str:
    if isinstance(error, InvalidInputError):
        fields = [f"\n  - {escape(_name(one.field))}: {escape(one.description)}" for one in error.invalid_fields]
        return f"nothing was sent, as these values are invalid:{''.join(fields)}"
    if isinstance(error, OSError) and error.strerror:
        reason = advise_command(error.strerror)
        return f"{error.filename}: {reason}" if error.filename else reason
    text = str(error) or "interrupted"
    if isinstance(error, WaitTimeoutError):
        return text.replace(_GOES_ON, "").replace("; it goes on" if _SERVER_IS_GONE in _given_notes(error) else "", "")
    if isinstance(error, ConfigurationError):
        return advise_command(text).replace(" or pass --token", "")
    return advise_command(text)


def _notes(error: BaseException | str) -> list[str]:
    notes = list(map(advise_command, _given_notes(error)))
    if isinstance(error, WaitTimeoutError) and _goes_on(error) and _SERVER_IS_GONE not in notes:
        id = error.prediction.id
        notes.append(f"Wait for it again with {command('wait', id)}, or end it with {command('cancel', id)}.")
    if isinstance(error, AuthenticationError) or (
        isinstance(error, ConfigurationError) and TOKEN_VARIABLE in str(error)
    ):
        notes.append(f"{_TOKENS} has the account's tokens; `zeroscope run --mock` needs none.")
    return notes


def _given_notes(error: object) -> list[str]:
    return getattr(error, "__notes__", [])


def _goes_on(error: object) -> bool:
    return isinstance(error, WaitTimeoutError) and not error.prediction.done


def _name(field: str) -> str:
    """Return the option of an invalid field, such as `--width` for `input.width`."""
    name, *rest = field.removeprefix("input.").split(".")
    if field.startswith("input."):
        options = command_options(input_schema()["properties"])
        return ".".join([options.get(name, option(name)), *rest])
    # The input or the body as a whole is the field of a message that names a missing property, and an ID is no option.
    return field if name in {"input", "body", "prediction_id"} else ".".join([option(name), *rest])
