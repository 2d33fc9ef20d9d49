"""Fixture of the reports' tests: a browser."""

from helpers.browser import browser

__all__ = ["browser"]
