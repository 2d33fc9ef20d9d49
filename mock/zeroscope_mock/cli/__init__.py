"""The `zeroscope mock` command."""

from .command import serve

__all__ = ["serve"]
