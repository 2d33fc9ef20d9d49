"""The pytest plugin: a server for each test, reports, warnings and costs.

pytest imports this package wherever it is installed, so nothing else is imported before a fixture is used.
"""

try:
    import pytest  # noqa: F401 - to find out whether it is installed
except ModuleNotFoundError as error:
    message = "the pytest plugin needs pytest, which is not installed; get it with: pip install pytest"
    raise ModuleNotFoundError(message, name=error.name) from error

from ..warning import ZeroscopeWarning
from .checks import pytest_runtest_call
from .costs import pytest_runtest_teardown, pytest_sessionfinish, pytest_terminal_summary, pytest_testnodedown
from .fixtures import async_zeroscope_client, zeroscope_client, zeroscope_mock, zeroscope_mock_url, zeroscope_router
from .options import pytest_addoption, pytest_configure
from .report import pytest_runtest_makereport

__all__ = (
    "ZeroscopeWarning",
    "async_zeroscope_client",
    "pytest_addoption",
    "pytest_configure",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "pytest_runtest_teardown",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
    "zeroscope_client",
    "zeroscope_mock",
    "zeroscope_mock_url",
    "zeroscope_router",
)
