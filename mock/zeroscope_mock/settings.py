"""What a server is told when it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .dialects import DIALECTS

JSON_LIMIT = 2**20
FILE_LIMIT = 101 * 2**20
STORAGE_LIMIT = 2**30
PREDICTION_LIMIT = 1_000_000
JOURNAL_LIMIT = 1000


_LIMITS = ("json_limit", "file_limit", "storage_limit", "prediction_limit", "journal_limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a server is told when it is made; `MockServer` says what each one means.

    Raises:
        ValueError: for an unknown dialect, a seed that is no integer, a token that nobody can send and a limit that is
            no integer above 0.
    """

    seed: int = 0
    dialect: str = "live"
    token: str | None = None
    receiver: Callable[..., Any] | None = None
    insecure_webhooks: bool = False
    streams: bool | None = None
    inline_outputs: bool = False
    control: bool = True
    json_limit: int = JSON_LIMIT
    file_limit: int = FILE_LIMIT
    storage_limit: int = STORAGE_LIMIT
    prediction_limit: int = PREDICTION_LIMIT
    journal_limit: int = JOURNAL_LIMIT

    def __post_init__(self) -> None:
        if self.dialect not in DIALECTS:
            raise ValueError(f"the dialect must be {' or '.join(map(repr, DIALECTS))}, not {self.dialect!r}")
        if not _is_integer(self.seed):
            raise ValueError(f"the seed must be an integer, not {self.seed!r}")
        if self.token is not None and not _can_be_sent(self.token):
            # Not even a wrong token is shown.
            raise ValueError(
                "the token must be text that is not empty and has no space around it; leave it out to accept any"
            )
        for name in _LIMITS:
            limit = getattr(self, name)
            if not _is_integer(limit):
                raise ValueError(f"{name} must be an integer, not {limit!r}")
            if limit < 1:
                raise ValueError(f"{name} must be at least 1, not {limit}")


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _can_be_sent(token: object) -> bool:
    return isinstance(token, str) and token != "" and token == token.strip()
