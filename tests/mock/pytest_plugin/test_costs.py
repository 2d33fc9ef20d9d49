"""The table of costs at the end of a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]

CODE = """
RUN = {"startup": 0, "run": 1500, "seed": 1}

@pytest.fixture(scope="module")
def shared():
    return MockServer()

@pytest.mark.parametrize("number", [1, 2, 3])
def test_own(zeroscope_mock, zeroscope_client, number):
    zeroscope_mock.scripts.add(RUN, times=None)
    for _ in range(number):
        zeroscope_client.run(prompt="x")

@pytest.mark.parametrize("number", [1, 2])
def test_shared(shared, number):
    shared.scripts.add(RUN)
    with shared.client() as client:
        client.run(prompt="x")

def test_reset(shared):
    shared.reset()
    shared.scripts.add(RUN)
    with shared.client() as client:
        client.run(prompt="x")

def test_socket(zeroscope_mock, zeroscope_mock_url):
    from zeroscope import Zeroscope

    zeroscope_mock.scripts.add(RUN)
    zeroscope_mock.speed = 100_000
    with Zeroscope("a-token", base_url=zeroscope_mock_url) as client:
        client.run(prompt="x")
"""


@pytest.mark.parametrize("arguments", [[], ["-n2", "-p", "no:hypothesispytest"]], ids=["one process", "xdist"])
def test_costs__are_shown(run: Run, arguments: list[str]) -> None:
    """The predictions of all tests and processes, each once, at the service's speed."""
    result = run(CODE, "--zeroscope-cost", *arguments)

    result.assert_outcomes(passed=7)
    result.stdout.fnmatch_lines(
        [
            "=* zeroscope cost =*",
            "model                         predictions  seconds of compute",
            "anotherjesse/zeroscope-v2-xl           10            15,000.0",
        ]
    )


def test_costs__of_several_models(run: Run) -> None:
    """The most expensive model is first, and the sum is last."""
    code = """
    @pytest.mark.zeroscope(any_model=True)
    def test(zeroscope_mock):
        api = httpx.Client(transport=zeroscope_mock.transport, headers={"Authorization": "Bearer me"})
        for model, run in (("acme/fast", 1), ("acme/slow", 10)):
            zeroscope_mock.scripts.add({"startup": 0, "run": run})
            api.post(f"http://h/v1/models/{model}/predictions", json={"input": {"prompt": "x"}})
        zeroscope_mock.clock.advance(60)
    """
    run(code, "--zeroscope-cost").stdout.fnmatch_lines(
        [
            "model      predictions  seconds of compute",
            "acme/slow            1                10.0",
            "acme/fast            1                 1.0",
            "total                2                11.0",
        ],
        consecutive=True,
    )


@pytest.mark.parametrize(("arguments", "shown"), [(["--zeroscope-cost"], True), ([], False)])
def test_costs__without_predictions(run: Run, arguments: list[str], shown: bool) -> None:
    """The option alone decides whether there is a section."""
    out = str(run("def test(): pass", *arguments).stdout)

    assert ("= zeroscope cost =" in out, "No test made a prediction." in out) == (shown, shown)
