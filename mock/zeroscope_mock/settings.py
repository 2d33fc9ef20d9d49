"""What a server is told when it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

JSON_LIMIT = 2**20
FILE_LIMIT = 101 * 2**20
STORAGE_LIMIT = 2**30
PREDICTION_LIMIT = 1_000_000
JOURNAL_LIMIT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a server is told when it is made; `MockServer` says what each one means."""

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
