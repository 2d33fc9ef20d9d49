"""The `zeroscope conformance` command."""

from .command import conformance
from .replay import replay

__all__ = ["conformance", "replay"]
