"""The queue of scripts for the next predictions."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from ..tenants import tenant_of
from .script_values import ScriptError, ScriptSource, read_yaml, validated

LIMIT = 10_000
"""The maximum number of waiting scripts."""


@dataclass(slots=True)
class _Queued:
    """A script that waits for predictions.

    Args:
        tenant: The tenant whose predictions follow it; None for every tenant's.
        times: How many more predictions follow it; None for all.
        number: How many were added before it.
    """

    source: ScriptSource
    tenant: str | None
    times: int | None
    number: int


class Scripts:
    """A queue of scripts, each for the next prediction that is created. Threads may share it.

    Example:
        >>> server.scripts.add({"startup": 2, "run": 600, "outcome": "failed", "error": "out of luck"})
        >>> server.scripts.add(lambda input: {"run": input["num_frames"] / 10}, times=None)
    """

    def __init__(self) -> None:
        # One queue for each tenant, so that none searches the scripts of others; under None those for every tenant.
        self._queues: dict[str | None, deque[_Queued]] = {}
        self._added = 0
        self._waiting = 0
        self._lock = threading.Lock()

    def add(
        self,
        script: ScriptSource | Sequence[ScriptSource] | str | Path,
        *,
        token: str | None = None,
        times: int | None = 1,
    ) -> None:
        """Add a script for the next prediction.

        Args:
            script: The script as values, as YAML text or as the path of a YAML file; or a function that is called with
                the prediction's input and returns such values, or None for the default script; or a list of scripts,
                one for each prediction. The names are those of the schema `Script` in `GET /_mock/openapi.json`:
                `progression` (`time`, `once` or `reads`), `reads`, `startup` and `run` in seconds, `outcome`, `error`,
                `logs`, `seed`, `outputs`, `output`, `gradual`, `inline`, `removed`, `streams`,
                `source`, `blocking`, `expired_wait`, `webhook_events`.
            token: The bearer token whose predictions follow it; every token's if left out.
            times: The number of predictions that follow it; None for all.

        Raises:
            ScriptError: For invalid values, naming the field and the file, and if 10,000 scripts wait.
        """
        values: Any = read_yaml(script) if isinstance(script, str | Path) else script
        if isinstance(script, str) and isinstance(values, str):
            raise ScriptError(f"a script is a mapping, not {values!r:.80}; to read a file, pass its Path(...)")
        name = f"{script}: script" if isinstance(script, Path) else "script"
        several = isinstance(values, list | tuple)
        if several and not values:
            raise ScriptError(f"{name}: Array must have at least 1 items")
        named = [(f"{name}.{place}", one) for place, one in enumerate(values)] if several else [(name, values)]
        sources: list[Any] = [one if callable(one) else validated(one, field) for field, one in named]
        if times is not None and times < 1:
            raise ScriptError(f"times must be at least 1, or None for all, not {times}")
        tenant = tenant_of(token) if token else None
        with self._lock:
            if self._waiting + len(sources) > LIMIT:
                raise ScriptError(f"no more than {LIMIT} scripts can wait, and {self._waiting} do; clear them first")
            for source in sources:
                self._append(source, tenant, times)

    def take(self, tenant: str) -> ScriptSource | None:
        """The script of a tenant's next prediction; None for the default one."""
        with self._lock:
            queues = [self._queues[key] for key in (None, tenant) if key in self._queues]
            if not queues:
                return None
            queue = min(queues, key=lambda queue: queue[0].number)
            queued = queue[0]
            if queued.times is not None:
                queued.times -= 1
                if not queued.times:
                    queue.popleft()
                    self._waiting -= 1
                    if not queue:
                        del self._queues[queued.tenant]
            return queued.source

    def clear(self, tenant: str | None = None) -> None:
        """Forget all scripts, or those that are only for one tenant."""
        with self._lock:
            if tenant is None:
                self._queues.clear()
            else:
                self._queues.pop(tenant, None)
            self._waiting = sum(map(len, self._queues.values()))

    def __len__(self) -> int:
        return self._waiting

    def dump(self) -> list[dict[str, Any]]:
        """The scripts that wait, as JSON values; functions are left out."""
        with self._lock:
            return [
                # The key is part of the HTTP interface and of snapshots.
                {"script": dict(queued.source), "tenant": queued.tenant, "times": queued.times}
                for queued in sorted(chain(*self._queues.values()), key=lambda queued: queued.number)
                if not callable(queued.source)
            ]

    def load(self, queue: list[dict[str, Any]]) -> None:
        """Replace the scripts that wait by those that `dump` returned."""
        with self._lock:
            self._queues.clear()
            self._waiting = 0
            for one in queue:
                self._append(one["script"], one["tenant"], one["times"])

    def _append(self, source: ScriptSource, tenant: str | None, times: int | None) -> None:
        self._queues.setdefault(tenant, deque()).append(_Queued(source, tenant, times, self._added))
        self._added += 1
        self._waiting += 1
