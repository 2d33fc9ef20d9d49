"""The marker and the options of the command line."""

from __future__ import annotations

import pytest

from .marker import MARKER

COST_OPTION = "--zeroscope-cost"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    parser.getgroup("zeroscope", "the mock server of zeroscope").addoption(
        COST_OPTION,
        action="store_true",
        help="show how many predictions the tests made, and how many seconds of compute the service would have billed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(seed=..., clock=..., faults=[...], strict=False, allow_refusals=False, ...): options of the test's "
        "MockServer; a dict with the arguments of server.faults.add for each fault that it has from the start; whether "
        "faults and scripts without effect and refused requests make the test fail; whether requests may be refused",
    )
