"""A mock server that behaves like Replicate's predictions API for one model, for trying and testing without a bill."""

from .journal import Exchange, Journal
from .listening import Listening, PortInUseError
from .real_clock import RealClock
from .server import MockServer
from .spec import SpecError
from .virtual_clock import VirtualClock

__all__ = (
    "Exchange",
    "Journal",
    "Listening",
    "MockServer",
    "PortInUseError",
    "RealClock",
    "SpecError",
    "VirtualClock",
)
