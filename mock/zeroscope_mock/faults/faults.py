"""The faults of a server: errors, delays, resets and broken bodies."""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Unpack, overload

from ..suggestions import did_you_mean
from .expectations import FaultError
from .fault import Fault
from .recipes import RECIPES, Recipes
from .rules import FaultRule
from .settings import FaultSettings

MAX_FAULTS = 1000
"""The maximum number of faults a server can have at a time."""

_CONTROL = "/_mock"


class Faults(Recipes, Sequence[Fault]):
    """The faults of a server in the order of their addition; the first one that is due is applied to a request.

    Each counts all requests that match it, also those that another one is applied to. Threads may share them.

    Args:
        random: Decides where faults have a probability.
        operations: Every `operationId` that a fault may name.
        prefixes: The parts of a path that may precede the document's, such as `/v1`.

    Example:
        >>> fault = server.faults.add(operation="getPrediction", status=503, times=2)
        >>> with server.client() as client:
        ...     videos = client.run(prompt="An astronaut riding a horse")
        >>> fault.hits
        2
    """

    def __init__(self, random: Random, *, operations: Collection[str], prefixes: Iterable[str] = ()) -> None:
        self._operations = frozenset(operations)
        self._prefixes = [prefix for prefix in prefixes if prefix]
        self._seed = random.getrandbits(64)
        self._faults: list[Fault] = []
        self._added = 0
        self._lock = threading.RLock()

    @property
    def operations(self) -> frozenset[str]:
        """Every `operationId` that a fault may name."""
        return self._operations

    def use_operations(self, operations: Collection[str]) -> None:
        """Replace the operations that faults may name.

        Args:
            operations: Every `operationId` that a fault may name.
        """
        self._operations = frozenset(operations)

    def add(self, **settings: Unpack[FaultSettings]) -> Fault:
        """Add a fault.

        Args:
            settings: Which requests it applies to (`operation`, `method`, `path`, `token`), when (`nth`, `skip`,
                `times`, `per`, `probability`) and its effect (`status`, `body`, `html`, `delay`, `hang`, `reset`,
                `truncate` and more); `FaultSettings` describes each.

        Raises:
            FaultError: For an argument that is unknown or invalid, or that conflicts with another one.

        Example:
            >>> server.faults.add(operation="getPrediction", status=503, times=2, per="resource")
            >>> server.faults.add(operation="createPrediction", status=502, html=True, carried_out=True, nth=1)
            >>> server.faults.add(path="/outputs/*", truncate=0.5, probability=0.1)
        """
        return self.add_all([settings])[0]

    def add_all(self, settings: Iterable[FaultSettings]) -> list[Fault]:
        """Add several faults, or none if one of them is invalid.

        Args:
            settings: The arguments of `add` for each.

        Raises:
            FaultError: For an argument that is unknown or invalid, or that conflicts with another one.
        """
        rules = [FaultRule.read(each, self._operations) for each in settings]
        with self._lock:
            if len(self._faults) + len(rules) > MAX_FAULTS:
                raise FaultError("", f"a server takes {MAX_FAULTS} faults at a time; clear those that are used up")
            added: list[Fault] = []
            for rule in rules:
                self._added += 1
                added.append(Fault(f"f{self._added}", rule, f"{self._seed}:{self._added}", self.discard))
            self._faults.extend(added)
        return added

    def recipe(self, name: str, arguments: Mapping[str, Any]) -> list[Fault]:
        """Add the faults of a recipe.

        Args:
            name: One of `RECIPES`, such as `storm`.
            arguments: The arguments of the method of that name.

        Raises:
            FaultError: For a recipe or an argument that is unknown or invalid.
        """
        if name not in RECIPES:
            raise FaultError("recipe", f"there is no recipe {name!r}{did_you_mean(name, RECIPES)}")
        method = getattr(self, name)
        parameters = inspect.signature(method).parameters
        for argument in arguments:
            if argument not in parameters:
                raise FaultError(argument, f"{name} has no argument {argument!r}{did_you_mean(argument, parameters)}")
        for argument, parameter in parameters.items():
            if parameter.default is parameter.empty and argument not in arguments:
                raise FaultError(argument, f"{name} needs the argument {argument}")
        added: Fault | list[Fault] = method(**arguments)
        return added if isinstance(added, list) else [added]

    def take(self, *, operation: str | None, method: str, path: str, tenant: str | None) -> Fault | None:
        """Count a request and return the fault to apply to it, if any.

        Args:
            operation: Its `operationId`; None for an unknown path or method.
            method: In upper case.
            path: As on the wire, without the query.
            tenant: The tenant of its token.
        """
        if not self._faults or path == _CONTROL or path.startswith(f"{_CONTROL}/"):
            return None
        short = next((path[len(prefix) :] for prefix in self._prefixes if path.startswith(f"{prefix}/")), path)
        due: Fault | None = None
        with self._lock:
            for fault in self._faults:
                if fault.rule.matches(operation, method, (path, short), tenant) and fault.count(
                    short, free=due is None
                ):
                    due = fault
        return due

    def remove(self, id: str) -> None:
        """Remove a fault by its id.

        Raises:
            LookupError: If there is none.
        """
        with self._lock:
            for fault in self._faults:
                if fault.id == id:
                    self._faults.remove(fault)
                    return
        raise LookupError(f"there is no fault {id!r}")

    def discard(self, fault: Fault) -> None:
        """Remove a fault, if the server has it."""
        with self._lock:
            self._faults = [other for other in self._faults if other is not fault]

    def clear(self, tenant: str | None = None) -> None:
        """Remove all faults, so that ids start again, or those of one tenant.

        Args:
            tenant: The tenant; all faults if left out.
        """
        with self._lock:
            self._faults = [] if tenant is None else [f for f in self._faults if f.rule.tenant != tenant]
            if tenant is None:
                self._added = 0

    def dump(self) -> list[dict[str, Any]]:
        """The faults with their counts, as JSON, for `load`."""
        with self._lock:
            return [fault.dump() for fault in self._faults]

    def load(self, dumped: Iterable[Mapping[str, Any]]) -> None:
        """Replace all faults by those that `dump` returned.

        Raises:
            FaultError: For anything else; no fault is replaced then.
        """
        loaded = [Fault.load(each, self._operations, self.discard) for each in dumped]
        numbers = [int(fault.id[1:]) for fault in loaded if re.fullmatch(r"f[0-9]{1,9}", fault.id)]
        with self._lock:
            self._faults = loaded
            self._added = max([*numbers, 0])

    def __len__(self) -> int:
        return len(self._faults)

    @overload
    def __getitem__(self, index: int) -> Fault: ...

    @overload
    def __getitem__(self, index: slice) -> list[Fault]: ...

    def __getitem__(self, index: int | slice) -> Fault | list[Fault]:
        return self._faults[index]

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults[:])

    def __repr__(self) -> str:
        return f"<Faults {self._faults!r}>"
