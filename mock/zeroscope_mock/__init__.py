"""A mock server that behaves like Replicate's predictions API for one model, for trying and testing without a bill."""

from .clock import RealClock, VirtualClock
from .journal import Exchange, Journal
from .listening import Listening, PortInUseError
from .server import MockServer
from .spec import SpecError

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
