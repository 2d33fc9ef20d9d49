"""The warnings about passing tests, and strict tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import dedent

import pytest

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]

HELPERS = """
from zeroscope_mock import ZeroscopeWarning, anything

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"

def send(server, method, path, token="me", **arguments):
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(transport=server.transport, base_url="http://h/v1", headers=headers) as api:
        return api.request(method, path, **arguments)

def create(server, **input):
    return send(server, "POST", "/predictions", json={"version": VERSION, "input": input})

@pytest.fixture
def program(zeroscope_mock):
    # A program that swallows what it is told.
    def program(*paths):
        create(zeroscope_mock, prompt="x", width=100)
        for path in paths:
            send(zeroscope_mock, "GET", path)
    return program

@pytest.fixture
def mine():
    return MockServer()
"""
SHOWN = ["-W", "default::zeroscope_mock.ZeroscopeWarning"]


def warnings(result: pytest.RunResult) -> list[str]:
    """The first lines of the warnings that a run shows."""
    return re.findall(r"^  \S+: ZeroscopeWarning: (.*)$", str(result.stdout), re.MULTILINE)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "zeroscope_mock.faults.add(operation='getPrediction', status=503, times=2)",
            "The fault f1, status 503 for getPrediction, had no effect: no request matched it.",
        ),
        (
            "zeroscope_mock.faults.add(status=503, nth=3); [create(zeroscope_mock, prompt='x') for _ in range(2)]",
            "The fault f1, status 503, had no effect: 2 requests matched it, but its turn did not come.",
        ),
        (
            "zeroscope_mock.faults.outage(); zeroscope_mock.faults.slow(1)",
            "The fault f1, status 503, had no effect: no request matched it.",
        ),
        ("zeroscope_mock.scripts.add({'run': 1})", "No prediction has followed the script for any prediction."),
        (
            "zeroscope_mock.scripts.add({'model': 'meta/*'}, times=None); create(zeroscope_mock, prompt='x')",
            "No prediction has followed the script for model 'meta/*' always.",
        ),
        (
            "program()",
            "The server refused 1 request, but the test passed without a look at this. If it is as it should be, mark ",
        ),
        ("create(zeroscope_mock, prompt='x'); send(zeroscope_mock, 'GET', '/nowhere')", "The server refused 1 request"),
        ("send(zeroscope_mock, 'DELETE', '/predictions')", "The server refused 1 request"),
        ("send(zeroscope_mock, 'POST', '/predictions', content=b'{')", "The server refused 1 request"),
        ("program('/a', '/b', '/c', '/d')", "The server refused 5 requests"),
        ("program(); zeroscope_mock.verify('createPrediction', times=1)", "The server refused 1 request"),
        ("program(); zeroscope_mock.reset(); create(zeroscope_mock, width=1)", "The server refused 1 request"),
    ],
)
def test_passing_test__is_warned_of(run: Run, code: str, said: str) -> None:
    """A warning names the test, and says what had no effect or what was refused."""
    result = run(f"{HELPERS}\ndef test_it(zeroscope_mock, program):\n    {code}\n", *SHOWN)

    outcomes = result.parseoutcomes()
    assert outcomes.pop("passed") == 1 and outcomes.keys() <= {"warning", "warnings"}
    assert warnings(result)[0].startswith(said)
    result.stdout.fnmatch_lines(["*.py::test_it"])


@pytest.mark.parametrize(
    "code",
    [
        "assert not zeroscope_mock.journal",
        "create(zeroscope_mock, prompt='x'); send(zeroscope_mock, 'GET', '/predictions')",
        "fault = zeroscope_mock.faults.add(status=503); create(zeroscope_mock, prompt='x')",
        "fault = zeroscope_mock.faults.add(status=503); assert fault.hits == 0",
        "zeroscope_mock.faults.add(status=503); zeroscope_mock.faults.clear()",
        "zeroscope_mock.faults.add(status=503, probability=0.1)",
        "zeroscope_mock.faults.storm(0.5)",
        "zeroscope_mock.scripts.add({'run': 1}, times=2); create(zeroscope_mock, prompt='x')",
        "zeroscope_mock.scripts.add({'run': 1}); zeroscope_mock.scripts.clear()",
        "zeroscope_mock.faults.add(status=422); program()",
        "send(zeroscope_mock, 'GET', '/predictions/' + 'a' * 26)",
        "zeroscope_mock.limits.out_of_credit = True; create(zeroscope_mock, prompt='x')",
        "send(zeroscope_mock, 'GET', 'http://h/'); send(zeroscope_mock, 'OPTIONS', '/nowhere')",
        "program(); assert zeroscope_mock.journal[0].operation == 'createPrediction'",
        "program(); assert len(zeroscope_mock.calls()) == 1",
        "program(); zeroscope_mock.verify('createPrediction', status=422)",
        "program(); send(zeroscope_mock, 'GET', 'http://localhost/_mock/journal')",
        "assert create(zeroscope_mock, prompt='x', width=100).status_code >= 400",
        "(lambda: create(zeroscope_mock, width=1).status_code)()",
        "with pytest.raises(httpx.HTTPStatusError): create(zeroscope_mock, width=1).raise_for_status()",
        "mine.faults.add(status=503, nth=9); create(mine, width=100)",
        "program(); pytest.skip('no')",
        "program(); pytest.xfail('no')",
    ],
)
def test_passing_test__without_a_reason_to_warn(run: Run, code: str) -> None:
    """Where warnings are errors, tests pass that have effects, expect a refusal, or look at what came."""
    result = run(f"{HELPERS}\ndef test_it(zeroscope_mock, program, mine):\n    {code}\n")

    assert result.parseoutcomes().keys() <= {"passed", "skipped", "xfailed"}


def test_warning__shows_the_first_refusals(run: Run) -> None:
    """The reasons of three of them, and the number of the others."""
    code = "def test_it(program):\n    program('/predicitons', '/b', '/c')\n"
    out = str(run(HELPERS + code, *SHOWN).stdout)

    assert "\n    POST /v1/predictions: 422 input.width: " in out
    assert re.search(r"\n    GET /v1/predicitons: 404 .* the nearest is GET /v1/predictions", out)
    assert "\n    GET /v1/b: 404 " in out and "GET /v1/c" not in out and "\n    and 1 more\n" in out


def test_warning__as_an_error(run: Run) -> None:
    """The test fails with all that there is to say, without a traceback of the plugin."""
    code = "def test_it(zeroscope_mock, program):\n    program()\n    zeroscope_mock.scripts.add({'run': 1})\n"
    result = run(HELPERS + code)

    result.assert_outcomes(failed=1)
    out = str(result.stdout)
    assert "\nNo prediction has followed the script for any prediction.\nThe server refused 1 request" in out
    assert "checks.py" not in out


@pytest.mark.parametrize(
    "mark",
    [
        "@pytest.mark.filterwarnings('ignore::zeroscope_mock.ZeroscopeWarning')",
        "@pytest.mark.zeroscope(allow_refusals=True)",
        "@pytest.mark.zeroscope(allow_refusals=True, strict=True)",
    ],
)
def test_refusals__are_allowed(run: Run, mark: str) -> None:
    """A marker of the test says that it is as it should be."""
    run(f"{HELPERS}\n{mark}\ndef test_it(program):\n    program()\n").assert_outcomes(passed=1)


def test_faults__of_fixtures_and_classes_are_for_several_tests(run: Run) -> None:
    """Only what a test and its own marker set up must have an effect."""
    code = """
    @pytest.fixture
    def flaky(zeroscope_mock):
        zeroscope_mock.faults.flaky()
        zeroscope_mock.scripts.add({"run": 1})

    @pytest.mark.zeroscope(faults=[{"status": 500}])
    class TestClass:
        def test_fixture(self, zeroscope_mock, flaky):
            pass

        def test_late(self, request):
            request.getfixturevalue("zeroscope_mock")

        @pytest.mark.zeroscope(faults=[{"status": 502}])
        def test_own(self, zeroscope_mock):
            pass
    """
    result = run(HELPERS + dedent(code), *SHOWN)

    result.assert_outcomes(passed=3, warnings=1)
    assert warnings(result) == ["The fault f2, status 502, had no effect: no request matched it."]


STRICT = """
pytestmark = pytest.mark.zeroscope(strict=True)

def test_fault(zeroscope_mock):
    zeroscope_mock.faults.add(status=503)

def test_script(zeroscope_mock):
    zeroscope_mock.scripts.add({"run": 1})

def test_refused(program):
    program()

def test_missing(zeroscope_mock):
    send(zeroscope_mock, "GET", "/predictions/" + "a" * 26)

def test_other_server(mine):
    create(mine, width=1)

@pytest.fixture(scope="module")
def shared():
    server = MockServer()
    create(server, width=1)
    server.faults.add(status=503, skip=9)
    return server

def test_shared(shared):
    create(shared, prompt="x")

def test_shared__with_a_look(shared):
    assert shared.journal

def test_shared__after_that(shared):
    create(shared, width=1)

def test_shared__after_a_reset(shared):
    shared.reset()
    create(shared, width=1)

def test_looked(zeroscope_mock, program):
    program()
    zeroscope_mock.verify(status=422)

@pytest.mark.zeroscope(strict=False)
def test_not_strict(zeroscope_mock):
    send(zeroscope_mock, "GET", "/predictions/" + "a" * 26)
"""


def test_strict__makes_tests_fail(run: Run) -> None:
    """What would be a warning makes a strict test fail, and so does every refusal that the test did not look at."""
    result = run(HELPERS + STRICT)

    result.assert_outcomes(failed=7, passed=4)
    result.stdout.fnmatch_lines_random(
        [
            "The fault f1, status 503, had no effect: no request matched it.",
            "No prediction has followed the script for any prediction.",
            "The server refused 1 request, but the test passed without a look at this.*",
            f"  GET /v1/predictions/{'a' * 26}: 404 *",
            "FAILED *::test_other_server - *",
        ]
    )
