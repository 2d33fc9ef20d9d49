"""A mock server that behaves like Replicate's predictions API for one model."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .clocks.real import RealClock
    from .clocks.virtual import VirtualClock
    from .cog import ModelFileError
    from .control.snapshot import SnapshotError
    from .documents.reading import SpecError
    from .doors.listening import Listening, PortInUseError
    from .faults.expectations import FaultError
    from .faults.fault import Fault
    from .faults.faults import Faults
    from .faults.settings import FaultSettings
    from .journal import Exchange, Journal
    from .lifecycle.script_values import ScriptError
    from .lifecycle.scripts import Scripts
    from .models import Models
    from .options import ServerOptions
    from .persistence import StateFileError
    from .rate_limits import Limits, Rate, RateLimits
    from .server import MockServer
    from .verification.call import Call
    from .verification.cost import Cost, ModelCost
    from .verification.matchers import anything, contains, equals, regex
    from .verification.verifier import VerificationError
    from .warning import ZeroscopeWarning
    from .webhooks.deliveries import Attempt, Deliveries

__all__ = (
    "Attempt",
    "Call",
    "Cost",
    "Deliveries",
    "Exchange",
    "Fault",
    "FaultError",
    "FaultSettings",
    "Faults",
    "Journal",
    "Limits",
    "Listening",
    "MockServer",
    "ModelCost",
    "ModelFileError",
    "Models",
    "PortInUseError",
    "Rate",
    "RateLimits",
    "RealClock",
    "ScriptError",
    "Scripts",
    "ServerOptions",
    "SnapshotError",
    "SpecError",
    "StateFileError",
    "VerificationError",
    "VirtualClock",
    "ZeroscopeWarning",
    "anything",
    "contains",
    "equals",
    "regex",
)

_MODULES = {
    "Attempt": "webhooks.deliveries",
    "Call": "verification.call",
    "Cost": "verification.cost",
    "Deliveries": "webhooks.deliveries",
    "Exchange": "journal",
    "Fault": "faults.fault",
    "FaultError": "faults.expectations",
    "FaultSettings": "faults.settings",
    "Faults": "faults.faults",
    "Journal": "journal",
    "Limits": "rate_limits",
    "Listening": "doors.listening",
    "MockServer": "server",
    "ModelCost": "verification.cost",
    "ModelFileError": "cog",
    "Models": "models",
    "PortInUseError": "doors.listening",
    "Rate": "rate_limits",
    "RateLimits": "rate_limits",
    "RealClock": "clocks.real",
    "ScriptError": "lifecycle.script_values",
    "Scripts": "lifecycle.scripts",
    "ServerOptions": "options",
    "SnapshotError": "control.snapshot",
    "SpecError": "documents.reading",
    "StateFileError": "persistence",
    "VerificationError": "verification.verifier",
    "VirtualClock": "clocks.virtual",
    "ZeroscopeWarning": "warning",
    "anything": "verification.matchers",
    "contains": "verification.matchers",
    "equals": "verification.matchers",
    "regex": "verification.matchers",
}


# pytest imports this package in every run, for its plugin, so its modules are imported when first used.
def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f".{_MODULES[name]}", __name__), name)
    except ModuleNotFoundError as error:
        from zeroscope._extras import explain_missing

        explain_missing("mock", error)
        raise
