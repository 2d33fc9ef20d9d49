"""The HTTP libraries of the client's tests, and a secret field of the input."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest

from helpers.httpx2_clients import use_httpx2
from zeroscope._service import secret_fields, spec, validation

ONLY_HTTPX = {
    # These are about how the clients that are created here follow the environment; they are of httpx.
    "test_loopback__has_many_names",
    "test_loopback__is_reached_directly",
    "test_mistake__is_named_with_its_variable",
    "test_output__on_this_machine_is_reached_directly",
    "test_socks__without_its_package_is_named",
    # These count requests on a virtual clock, whatever sends them; the rest of `test_scheduler` is of both.
    "test_many_of_ten_minutes__take_few_requests",
    "test_results__are_known_soon_after_the_ends",
}
# The tests of these modules send no requests.
SENDS_NOTHING = {"test_completion", "test_help"}
# With httpx2, the tests of other modules are slow ones, because there are thousands.
ALWAYS_BOTH = {
    "test_bodies",
    "test_certificates",
    "test_config",
    "test_exchange",
    "test_forks",
    "test_http_clients",
    "test_loops",
    "test_proxies",
    "test_requests",
    "test_token",
    "test_unknown_outcome",
}

_SECRET = {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that has an HTTP client with both libraries."""
    module = metafunc.definition.path.stem
    if "http_library" not in metafunc.fixturenames or module in SENDS_NOTHING:
        return
    if metafunc.function.__name__ in ONLY_HTTPX:
        return
    marks = [] if module in ALWAYS_BOTH else [pytest.mark.slow]
    libraries = [pytest.param(httpx, id="httpx"), pytest.param(httpx2, id="httpx2", marks=marks)]
    metafunc.parametrize("http_library", libraries, indirect=True)


@pytest.fixture
def http_library(request: pytest.FixtureRequest) -> Any:
    """The library of the HTTP clients in a test: httpx, or httpx2."""
    library: ModuleType = getattr(request, "param", httpx)
    if library is httpx2:
        # Only here, since another fixture takes a part of the time of most tests.
        use_httpx2(request.getfixturevalue("monkeypatch"))
    return library


@pytest.fixture
def declare_secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Returns a function that adds a secret field to the input, or one with a list of secrets."""
    document = copy.deepcopy(spec.spec())

    def add(*, is_list: bool = False, **rules: Any) -> None:
        fields = document["components"]["schemas"]["PredictionInput"]["properties"]
        fields["key"] = {"type": "array", "items": _SECRET | rules} if is_list else _SECRET | rules
        for module in (spec, validation):
            monkeypatch.setattr(module, "spec", lambda: document)
        clear_caches()

    def clear_caches() -> None:
        validation._validator.cache_clear()
        secret_fields.secret_names.cache_clear()

    yield add
    clear_caches()
