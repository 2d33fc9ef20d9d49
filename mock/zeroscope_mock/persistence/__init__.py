"""The persistence of a server's data: a state file, which outlives the process."""

from .database import StateFileError
from .state_file import StateFile

__all__ = ["StateFile", "StateFileError"]
