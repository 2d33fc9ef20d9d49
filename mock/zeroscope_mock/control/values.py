"""The server's objects as JSON values of the control interface, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, asdict, fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from ..clocks.real import RealClock
from ..documents.bundled import control_document
from ..faults.fault import Fault
from ..journal import Exchange
from ..rate_limits import Rate, RateLimits
from ..state import State
from ..webhooks.deliveries import Attempt

if TYPE_CHECKING:

    class _Dataclass(Protocol):
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


T = TypeVar("T", bound="_Dataclass")

_INTEGERS = frozenset({"int", "int | None"})


def make_dataclass(kind: type[T], values: Mapping[str, Any]) -> T:
    """An instance of a dataclass from its fields.

    Args:
        kind: The dataclass.
        values: The values of the fields by name, of the right types as far as JSON has them.
    """
    # JSON has one kind of number, so 24.0 is an integer.
    integers = {field.name for field in fields(kind) if field.type in _INTEGERS}
    return kind(
        **{
            name: int(value) if name in integers and isinstance(value, float) else value
            for name, value in values.items()
        }
    )


def mounted_document(mount: str) -> Mapping[str, Any]:
    """The control document of a server that is mounted at a path, which is empty or begins with a slash."""
    document = control_document()
    servers = [{**server, "url": mount + server["url"]} for server in document["servers"]]
    return {**document, "servers": servers} if mount else document


def dataclass_values(thing: _Dataclass) -> dict[str, Any]:
    """The fields of a dataclass by name, as they are."""
    return {field.name: getattr(thing, field.name) for field in fields(thing)}


def clock_json(state: State) -> dict[str, Any]:
    """The state of a server's clock, with the speed of its next predictions."""
    clock = state.clock
    is_real = isinstance(clock, RealClock)
    return {
        "kind": "real" if is_real else "virtual",
        "time": clock.time(),
        "monotonic": clock.monotonic(),
        "frozen": clock.frozen,
        # To find out whether the machine's own clock moves would block the server.
        "stands_still": clock.frozen if is_real else clock.stands_still,
        "speed": state.speed,
    }


def fault_json(fault: Fault) -> dict[str, Any]:
    """A fault with its counts, and its settings in the form that `addFault` takes."""
    settings = fault.to_json()
    known = {name: settings.pop(name, None) for name in ("id", "hits", "seen", "tenant")}
    return {**known, "settings": settings}


def rates_json(rates: RateLimits | None) -> dict[str, Any] | None:
    """Rates; None for no limit."""
    return None if rates is None else asdict(rates)


def make_rates(values: Mapping[str, Any] | None) -> RateLimits | None:
    """The rates that `rates_json` returned as JSON."""
    if values is None:
        return None
    rates = {name: make_dataclass(Rate, value) for name, value in values.items() if name != "hint"}
    return RateLimits(**rates, hint=values.get("hint"))


def summary(state: State, tenant: str | None) -> dict[str, Any]:
    """The summary of a server: its settings, its clock, and how many objects of each kind it holds.

    Args:
        state: The server's.
        tenant: The tenant whose objects are counted; all if left out.
    """
    info = state.spec.document.get("info", {})
    return {
        "seed": state.settings.seed,
        "dialect": state.settings.dialect,
        "allow_hosts": sorted(state.settings.allow_hosts),
        "trust_forwarded": state.settings.trust_forwarded,
        "clock": clock_json(state),
        "spec": {
            "title": str(info.get("title", "")),
            "version": str(info.get("version", "")),
            "error": state.spec_error,
        },
        "models": len(state.registry.loaded),
        "holds": {
            "predictions": state.store.held(tenant),
            "files": len(state.store.files(state.clock.time(), tenant)),
            "exchanges": _count(state.journal, tenant),
            "deliveries": _count(state.webhooks.deliveries, tenant),
            "scripts": waiting_scripts(state, tenant),
            "faults": sum(tenant in (None, fault.rule.tenant) for fault in state.faults),
        },
        "dropped": state.dropped,
    }


def _count(kept: Sequence[Exchange] | Sequence[Attempt], tenant: str | None) -> int:
    # To read an exchange takes longer than to answer most requests.
    return len(kept) if tenant is None else sum(tenant == one.tenant for one in kept)


def queued_scripts(state: State, tenant: str | None) -> list[dict[str, Any]]:
    """The scripts that wait for predictions, without functions.

    Args:
        state: The server's.
        tenant: The only tenant that they are for; all scripts if left out.
    """
    return [queued for queued in state.scripts.dump() if tenant in (None, queued["tenant"])]


def waiting_scripts(state: State, tenant: str | None) -> int:
    """The number of scripts that wait for predictions.

    Args:
        state: The server's.
        tenant: The only tenant that they are for; all scripts, functions included, if left out.
    """
    return len(state.scripts) if tenant is None else len(queued_scripts(state, tenant))
