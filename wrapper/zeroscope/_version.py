"""The version of the package; the build reads it from here."""

__version__ = "0.1.0"

USER_AGENT = f"zeroscope/{__version__}"
"""What the client calls itself."""
