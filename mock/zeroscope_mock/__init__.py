"""A mock server that behaves like Replicate's predictions API for one model, for trying and testing without a bill."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .deliveries import Attempt, Deliveries
    from .fault import Fault
    from .fault_arguments import FaultError
    from .faults import Faults
    from .journal import Exchange, Journal
    from .listening import Listening, PortInUseError
    from .rate_limits import Limits, Rate, RateLimits
    from .real_clock import RealClock
    from .scripts import ScriptError, Scripts
    from .server import MockServer
    from .snapshot import SnapshotError
    from .spec import SpecError
    from .virtual_clock import VirtualClock

__all__ = (
    "Attempt",
    "Deliveries",
    "Exchange",
    "Fault",
    "FaultError",
    "Faults",
    "Journal",
    "Limits",
    "Listening",
    "MockServer",
    "PortInUseError",
    "Rate",
    "RateLimits",
    "RealClock",
    "ScriptError",
    "Scripts",
    "SnapshotError",
    "SpecError",
    "VirtualClock",
)

_MODULES = {
    "Attempt": "deliveries",
    "Deliveries": "deliveries",
    "Exchange": "journal",
    "Fault": "fault",
    "FaultError": "fault_arguments",
    "Faults": "faults",
    "Journal": "journal",
    "Limits": "rate_limits",
    "Listening": "listening",
    "MockServer": "server",
    "PortInUseError": "listening",
    "Rate": "rate_limits",
    "RateLimits": "rate_limits",
    "RealClock": "real_clock",
    "ScriptError": "scripts",
    "Scripts": "scripts",
    "SnapshotError": "snapshot",
    "SpecError": "spec",
    "VirtualClock": "virtual_clock",
}


# pytest imports this package in every run, for its plugin; so its parts come when they are first asked for.
def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
