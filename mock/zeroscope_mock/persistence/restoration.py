"""The restoration of a server from the rows of a state file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..clocks.real import RealClock
from ..control import snapshot
from ..control.registry_values import NO_REGISTRY
from ..control.values import make_dataclass
from ..state import State
from ..store import StoredFile
from . import rows as kinds


@dataclass
class SavedState:
    """What a state file says, by kind of row.

    Attributes:
        server: The values about the server; empty for a new file.
        keys: The kinds and keys of all rows, in order.
    """

    server: dict[str, Any] = field(default_factory=dict[str, Any])
    keys: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    _sections: dict[str, Any] = field(default_factory=dict[str, Any])
    _values: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    _contents: dict[str, bytes] = field(default_factory=dict[str, bytes])

    @classmethod
    def read(cls, rows: Iterable[tuple[str, str, bytes]]) -> SavedState:
        """What the rows of a file say.

        Raises:
            ValueError: For a row that is not JSON.
        """
        saved = cls()
        for kind, key, value in rows:
            saved.keys.append((kind, key))
            if kind == kinds.CONTENT:
                saved._contents[key] = value
            elif kind == kinds.SECTION:
                saved._sections[key] = json.loads(value)
            else:
                saved._values.setdefault(kind, {})[key] = json.loads(value)
        saved.server = saved._sections.get(kinds.SERVER, {})
        return saved

    def restore(self, state: State) -> None:
        """Replace the data of a server, whose clock goes on.

        Raises:
            SnapshotError: For rows that do not fit together, or belong to another server.
            KeyError: If a row is missing.
        """
        files = [
            make_dataclass(StoredFile, {**values, "content": self._contents[id]})
            for id, values in self._values.get(kinds.FILE, {}).items()
        ]
        snapshot.load(state, self._snapshot(state), files)
        for unsent in self._values.get(kinds.UNSENT, {}).values():
            for id, alteration in unsent["redeliveries"]:
                if state.webhooks.deliveries.latest(id) is not None:
                    state.webhooks.redeliver(id, alteration)

    def _snapshot(self, state: State) -> dict[str, Any]:
        server, scripts = self.server, self._values.get(kinds.SCRIPT, {})
        unsent = self._all(kinds.UNSENT)
        return {
            "format": snapshot.FORMAT,
            "seed": server["seed"],
            "dialect": server["dialect"],
            "left_out": [],
            "clock": {"time": self._time(state), "frozen": self._sections[kinds.CLOCK]["frozen"]},
            "tenants": self._all(kinds.TENANT),
            "predictions": self._all(kinds.PREDICTION),
            "registry": {
                **self._sections.get(kinds.REGISTRY, NO_REGISTRY),
                "loaded": self._all(kinds.LOADED),
                "unknown": self._all(kinds.UNKNOWN),
            },
            "files": [],
            "dropped": server["dropped"],
            "faults": self._all(kinds.FAULT),
            "scripts": [scripts[key] for key in sorted(scripts, key=int)],
            "limits": {**server["limits"], "used": self._all(kinds.USED)},
            "webhooks": {name: [one for values in unsent for one in values[name]] for name in ("watches", "retries")},
            "journal": self._all(kinds.EXCHANGE),
            "last_exchange": server.get("last_exchange", 0),
            "deliveries": self._all(kinds.ATTEMPT),
        }

    def _all(self, kind: str) -> list[Any]:
        return list(self._values.get(kind, {}).values())

    def _time(self, state: State) -> float:
        """The time that the clock goes on with, never before the last one that the server may have shown."""
        saved, clock = self._sections[kinds.CLOCK], state.clock
        time = float(saved["time"])
        if not isinstance(clock, RealClock) or not saved["real"] or saved["frozen"]:
            return time
        return max(time, clock.signing_time() + float(saved["ahead"]))
