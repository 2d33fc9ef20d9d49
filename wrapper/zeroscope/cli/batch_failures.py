"""The lines of a batch that failed, and what the same command does with them."""

from __future__ import annotations

from typing import NamedTuple, Self

from .._flows.batch.recovery import ADVICE
from .._flows.request import FIND_ADVICE
from .._text import excerpt
from ..errors import OutputExpiredError, PredictionError, UnknownOutcomeError, WaitTimeoutError
from ..state import retention_seconds
from .messages import exit_code, message

KEPT = f"the service keeps them for {retention_seconds() / 60:.0f} minutes"


class Failure(NamedTuple):
    """A line without a video."""

    line: int
    text: str
    exit_code: int
    is_resumed: bool
    """Whether the same command goes on with the line."""

    @classmethod
    def of(cls, line: int, error: BaseException) -> Self:
        """Return the failure of a line with an error."""
        return cls(line, reason(error), exit_code(error), _is_resumed(error))


def reason(error: BaseException) -> str:
    """Return an error as text, with what to do about it."""
    if isinstance(error, OutputExpiredError):
        return f"prediction {excerpt(error.prediction.id)}: its videos are gone; {KEPT}"
    if isinstance(error, UnknownOutcomeError) and _is_resumed(error):
        lost, _, _ = str(error).partition(FIND_ADVICE)
        return f"{message(lost)}; the same command searches for it"
    return message(error)


def _is_resumed(error: BaseException) -> bool:
    if isinstance(error, UnknownOutcomeError):
        return ADVICE not in str(error)
    return isinstance(error, WaitTimeoutError) or not isinstance(error, PredictionError)
