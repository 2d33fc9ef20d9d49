"""The queue of scripts for the next predictions."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path
from typing import Any

from ..tenants import tenant_of
from .script_filter import ScriptFilter, model_names
from .script_values import ScriptError, ScriptSource, read_yaml, validated

LIMIT = 10_000
"""The maximum number of waiting scripts."""

_SEARCHED = "*"
"""The key of the queues whose scripts are for several models, or for certain inputs of any model."""

_SHOWN = 5
_SHOWN_LENGTH = 100


# Compared by identity, so that one that is used up is found without a look at its values.
@dataclass(slots=True, eq=False)
class _Queued:
    """A script that waits for predictions.

    Args:
        source: The values, or the function.
        filter: The predictions that it is for.
        tenant: The tenant whose predictions follow it; None for every tenant's.
        times: How many more predictions follow it; None for all.
        number: How many were added before it.
        used: How many predictions have followed it.
    """

    source: ScriptSource
    filter: ScriptFilter
    tenant: str | None
    times: int | None
    number: int
    used: int = 0

    @property
    def key(self) -> tuple[str | None, str | None]:
        """The queue that it is in: its tenant, and the model that it is for."""
        if self.filter.exact:
            return self.tenant, self.filter.model
        return self.tenant, None if self.filter == _ALL else _SEARCHED

    def __str__(self) -> str:
        parts = (("model", self.filter.model), ("input", self.filter.input))
        conditions = " and ".join(f"{name} {value!r:.{_SHOWN_LENGTH}}" for name, value in parts if value is not None)
        times = "" if self.times == 1 else " always" if self.times is None else f" {self.times} times"
        return f"for {conditions or 'any prediction'}{times}"


_ALL = ScriptFilter(None, None)


class Scripts:
    """A queue of scripts, each for the next prediction that is created. Threads may share it.

    A script with a `model` or an `input` waits for the next prediction of that model, or with such an input. A
    prediction follows the first script that is for it, in the order in which they were added.

    Attributes:
        revision: Changes whenever a script is added, used or removed.

    Example:
        >>> server.scripts.add({"startup": 2, "run": 600, "outcome": "failed", "error": "out of luck"})
        >>> server.scripts.add(lambda input: {"run": input["num_frames"] / 10}, times=None)
        >>> server.scripts.add({"model": "meta/*", "output": "Hello, world"})
    """

    def __init__(self) -> None:
        # One queue for each tenant and each model, so that none searches the scripts of others; under None those for
        # every tenant, and those for every prediction.
        self._queues: dict[tuple[str | None, str | None], deque[_Queued]] = {}
        self.revision = 0
        self._added = 0
        self._waiting = 0
        self._lock = threading.Lock()

    def add(
        self,
        script: ScriptSource | Sequence[ScriptSource] | str | Path,
        *,
        token: str | None = None,
        times: int | None = 1,
        model: str | None = None,
        input: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a script for the next prediction, or for the next one of a model or with an input.

        Args:
            script: The script as values, as YAML text or as the path of a YAML file; or a function that is called with
                a copy of the prediction's input, which the model's schema admits, as the client sent it, and returns
                such values, or None for the default script; or a list of scripts, one for each prediction. The names
                are those of the schema `Script` in `GET /_mock/openapi.json`: `model`, `input`, `progression` (`time`,
                `once` or `reads`), `reads`, `startup` and `run` in seconds, `outcome`, `error`, `logs`, `seed`,
                `outputs`, `output`, `gradual`, `inline`, `removed`, `streams`, `source`, `blocking`, `expired_wait`,
                `webhook_events`.
            token: The bearer token whose predictions follow it; every token's if left out.
            times: The number of predictions that follow it; None for all.
            model: The model whose predictions follow it, unless the script names one: `owner/name`,
                `owner/name:version`, or a pattern such as `meta/*`; case does not matter.
            input: The fields that the input of such a prediction has, with these values, unless the script names some.

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
        conditions = {name: one for name, one in (("model", model), ("input", input)) if one is not None}
        scripts = [_validated(one, conditions, field) for field, one in named]
        if times is not None and times < 1:
            raise ScriptError(f"times must be at least 1, or None for all, not {times}")
        tenant = tenant_of(token) if token else None
        with self._lock:
            if self._waiting + len(scripts) > LIMIT:
                raise ScriptError(f"no more than {LIMIT} scripts can wait, and {self._waiting} do; clear them first")
            for source, filter in scripts:
                self._append(source, filter, tenant, times)

    def take(self, tenant: str, model: str | None, version: str, sent: Mapping[str, Any]) -> ScriptSource | None:
        """The script of a tenant's next prediction; None for the default one.

        Args:
            tenant: The tenant.
            model: The owner and name of the prediction's model; None for a model without a name.
            version: The id of its version.
            sent: Its input as the client sent it.
        """
        if not self._waiting:
            return None
        with self._lock:
            queued = self._first(tenant, model_names(model, version), sent)
            if queued is None:
                return None
            queued.used += 1
            self.revision += 1
            if queued.times is not None:
                queued.times -= 1
                if not queued.times:
                    self._remove(queued)
            return queued.source

    def _first(self, tenant: str, names: tuple[str, ...], sent: Mapping[str, Any]) -> _Queued | None:
        """The script added first of those that are for a prediction."""
        first: _Queued | None = None
        for key in product((None, tenant), (None, *names, _SEARCHED)):
            for queued in self._queues.get(key, ()):
                if first is not None and queued.number > first.number:
                    break
                if queued.filter.matches(names, sent):
                    first = queued
                    break
        return first

    def _remove(self, queued: _Queued) -> None:
        queue = self._queues[queued.key]
        queue.remove(queued)
        if not queue:
            del self._queues[queued.key]
        self._waiting -= 1

    def clear(self, tenant: str | None = None) -> None:
        """Forget all scripts, or those that are only for one tenant."""
        with self._lock:
            for key in [key for key in self._queues if tenant in (None, key[0])]:
                del self._queues[key]
            self._waiting = sum(map(len, self._queues.values()))
            self.revision += 1

    @property
    def added(self) -> int:
        """How many scripts were ever added."""
        return self._added

    def unused(self, since: int = 0) -> list[str]:
        """The scripts that wait and that no prediction has followed, in words.

        Args:
            since: How many of the first that were ever added are left out.
        """
        with self._lock:
            return [str(queued) for queued in self._in_order() if not queued.used and queued.number >= since]

    def __len__(self) -> int:
        return self._waiting

    def __repr__(self) -> str:
        with self._lock:
            waiting = self._in_order()
        shown = [str(queued) for queued in waiting[:_SHOWN]]
        more = len(waiting) - len(shown)
        return f"<Scripts: {'; '.join([f'{len(waiting)} waiting', *shown, *([f'{more} more'] if more else [])])}>"

    def dump(self) -> list[dict[str, Any]]:
        """The scripts that wait, as JSON values; functions are left out."""
        return [values for _, values in self.waiting()]

    def waiting(self) -> list[tuple[int, dict[str, Any]]]:
        """The scripts that wait as in `dump`, each with the number of those that were added before it."""
        with self._lock:
            return [
                # The key is part of the HTTP interface and of snapshots.
                (
                    queued.number,
                    {
                        "script": dict(queued.source),
                        "tenant": queued.tenant,
                        "times": queued.times,
                        "used": queued.used,
                    },
                )
                for queued in self._in_order()
                if not callable(queued.source)
            ]

    def load(self, queue: list[dict[str, Any]]) -> None:
        """Replace the scripts that wait by those that `dump` returned."""
        with self._lock:
            self._queues.clear()
            self._waiting = 0
            self.revision += 1
            for one in queue:
                queued = self._append(one["script"], ScriptFilter.of(one["script"]), one["tenant"], one["times"])
                queued.used = int(one.get("used", 0))

    def _in_order(self) -> list[_Queued]:
        return sorted(chain(*self._queues.values()), key=lambda queued: queued.number)

    def _append(self, source: ScriptSource, filter: ScriptFilter, tenant: str | None, times: int | None) -> _Queued:
        queued = _Queued(source, filter, tenant, times, self._added)
        self._queues.setdefault(queued.key, deque()).append(queued)
        self._added += 1
        self._waiting += 1
        self.revision += 1
        return queued


def _validated(script: Any, conditions: Mapping[str, Any], field: str) -> tuple[ScriptSource, ScriptFilter]:
    """A script with its filter.

    Args:
        conditions: The keys of the filter that it has unless it names others.
        field: Its name in error messages.
    """
    if isinstance(script, Mapping):
        script = {**conditions, **script}
    values: Any = validated(conditions if callable(script) else script, field)
    source: Any = script if callable(script) else values
    return source, ScriptFilter.of(values)
