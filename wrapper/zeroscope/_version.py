"""The version of the package, as it was installed."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("zeroscope")
except PackageNotFoundError:
    # A source tree on the path that was never installed has no version to tell.
    __version__ = "0+unknown"

USER_AGENT = f"zeroscope/{__version__}"
"""What the client calls itself."""
