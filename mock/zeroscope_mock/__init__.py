"""A mock server that behaves like Replicate's predictions API for one model, for trying and testing without a bill."""

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
