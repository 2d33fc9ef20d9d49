"""The fixtures, the marker and the reports of the plugin, in separate test runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from textwrap import dedent

import pytest

pytest_plugins = ["pytester"]

ASYNCIO = ["-p", "pytest_asyncio.plugin", "-o", "asyncio_default_fixture_loop_scope=function"]

Run = Callable[..., pytest.RunResult]


def test_server__is_new_for_each_test(run: Run) -> None:
    """Each test has its own server on a virtual clock, and so the same ids."""
    code = """
    seen = []

    @pytest.mark.parametrize("time", [1, 2])
    def test(zeroscope_mock, zeroscope_client, time):
        assert isinstance(zeroscope_mock, MockServer)
        assert isinstance(zeroscope_mock.clock, VirtualClock)
        seen.append(zeroscope_client.predictions.create({"prompt": "x"}).id)
        assert len(zeroscope_mock.journal) == 1
        assert seen == [seen[0]] * time
    """
    run(code).assert_outcomes(passed=2)


def test_server__is_closed_after_its_test(run: Run) -> None:
    """No thread of a running clock outlives the test."""
    code = """
    closed = []

    @pytest.fixture(autouse=True)
    def watch(monkeypatch):
        close = MockServer.close
        monkeypatch.setattr(MockServer, "close", lambda server: (closed.append(server), close(server)))

    @pytest.mark.zeroscope(clock="real")
    def test(zeroscope_mock):
        assert not closed

    def test_after():
        assert len(closed) == 1
    """
    run(code).assert_outcomes(passed=2)


def test_models__of_the_marker_and_the_fixture(run: Run, pytester: pytest.Pytester) -> None:
    """Files are relative to the folder in which pytest runs; the innermost marker applies."""
    schema = {"components": {"schemas": {"Input": {"type": "object", "required": ["text"]}}}}
    (pytester.path / "models").mkdir()
    (pytester.path / "models" / "echo.json").write_text(json.dumps(schema))
    code = """
    FILE = "models/echo.json"
    pytestmark = pytest.mark.zeroscope(models={"acme/outer": FILE})

    @pytest.fixture
    def post(zeroscope_mock):
        headers = {"Authorization": "Bearer me"}
        with httpx.Client(transport=zeroscope_mock.transport, headers=headers) as client:
            yield lambda version: client.post(
                "http://mock.test/predictions", json={"version": version, "input": {}}
            ).text

    @pytest.mark.zeroscope(models={"acme/inner": [FILE]})
    def test_marker(post, zeroscope_mock):
        assert list(zeroscope_mock.models) == ["acme/inner"]
        assert "text is required" in post("acme/inner")
        assert "does not exist" in post("acme/outer")

    def test_fixture(post, zeroscope_mock):
        zeroscope_mock.models.add("acme/echo", FILE)
        assert list(zeroscope_mock.models) == ["acme/outer", "acme/echo"]
        assert "text is required" in post("acme/echo")

    @pytest.mark.zeroscope(any_model=True)
    def test_any_model(post, zeroscope_mock):
        assert '"model":"acme/none"' in post("acme/none")

    def test_socket(zeroscope_mock, zeroscope_mock_url):
        response = httpx.get(f"{zeroscope_mock_url}/models/acme/outer", headers={"Authorization": "Bearer me"})
        assert response.json()["name"] == "outer"
    """
    run(code).assert_outcomes(passed=4)


def test_models__of_a_missing_file(run: Run) -> None:
    """The error of the test names the file."""
    code = """
    @pytest.mark.zeroscope(models={"acme/echo": "missing.json"})
    def test(zeroscope_mock):
        pass
    """
    result = run(code)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ModelFileError: missing.json cannot be read: No such file or directory"])


def test_client__makes_a_video(run: Run) -> None:
    """The client talks to the test's server and sleeps on its clock."""
    code = """
    def test(zeroscope_client, zeroscope_mock):
        assert len(zeroscope_client.run(prompt="x", batch_size=2)) == 2
        assert zeroscope_mock.clock.monotonic() > 1
        assert zeroscope_mock.journal[0].operation == "createPrediction"
    """
    run(code).assert_outcomes(passed=1)


ASYNC = """
async def test(zeroscope_mock, async_zeroscope_client):
    assert len(await async_zeroscope_client.run(prompt="x", batch_size=2)) == 2
    assert zeroscope_mock.clock.monotonic() > 1

@pytest.fixture
async def prediction(async_zeroscope_client):
    return await async_zeroscope_client.predictions.create({"prompt": "x"})

async def test_from_a_fixture(zeroscope_mock, prediction):
    await prediction.wait()
    assert prediction.status == "succeeded"
"""
STRICT = "import pytest_asyncio\npytestmark = pytest.mark.asyncio\n" + ASYNC.replace("@pytest.f", "@pytest_asyncio.f")
ANYIO = "pytestmark = pytest.mark.anyio\n" + ASYNC


@pytest.mark.parametrize(
    ("code", "options", "passed"),
    [
        (ASYNC, [*ASYNCIO, "--asyncio-mode=auto"], 2),
        (STRICT, [*ASYNCIO, "--asyncio-mode=strict"], 2),
        (ANYIO, [], 4),
    ],
    ids=["asyncio auto", "asyncio strict", "anyio"],
)
def test_async_client__works_under_each_plugin(run: Run, code: str, options: list[str], passed: int) -> None:
    """The client is the same for pytest-asyncio and for anyio, on asyncio and on trio, and leaves no warning."""
    run(code, *options).assert_outcomes(passed=passed)


def test_url__works_for_every_client(run: Run) -> None:
    """One URL works for clients that add `/v1` and for those that do not."""
    code = """
    from zeroscope import Zeroscope

    URLS = []

    def test(zeroscope_mock, zeroscope_mock_url):
        URLS.append(zeroscope_mock_url)
        headers = {"Authorization": "Bearer me"}
        assert httpx.get(f"{zeroscope_mock_url}/v1/predictions", headers=headers).status_code == 200
        with Zeroscope("a-token", base_url=zeroscope_mock_url, clock=zeroscope_mock.clock) as client:
            assert client.run(prompt="x", num_frames=1)[0].url.startswith(zeroscope_mock_url)
        assert len(zeroscope_mock.journal) > 2

    def test_after():
        with pytest.raises(httpx.ConnectError):
            httpx.get(URLS[0])
    """
    run(code).assert_outcomes(passed=2)


URL = """
import time
from zeroscope import Zeroscope

def run(url):
    with Zeroscope("a-token", base_url=url) as client:
        return client.run(prompt="x", num_frames=1)[0].read()

@pytest.fixture
def program(zeroscope_mock_url):
    return lambda: run(zeroscope_mock_url)
"""


def test_url__is_of_a_server_whose_predictions_end(run: Run) -> None:
    """A program that polls makes its video within seconds, also where the test looks at the server."""
    code = """
    def test_alone(zeroscope_mock_url):
        assert run(zeroscope_mock_url)[4:8] == b"ftyp"

    def test_both(zeroscope_mock, zeroscope_mock_url):
        assert (type(zeroscope_mock.clock), zeroscope_mock.speed) == (RealClock, 1000)
        assert run(zeroscope_mock_url)[4:8] == b"ftyp"
        assert zeroscope_mock.journal[0].operation == "createPrediction"

    def test_through_a_fixture(zeroscope_mock, program):
        assert program()[4:8] == b"ftyp"
        assert zeroscope_mock.journal

    def test_late(request):
        assert run(request.getfixturevalue("zeroscope_mock_url"))[4:8] == b"ftyp"

    @pytest.mark.zeroscope(speed=500, seed=7)
    def test_speed(zeroscope_mock, zeroscope_mock_url):
        assert (type(zeroscope_mock.clock), zeroscope_mock.speed) == (RealClock, 500)

    def test_client(zeroscope_client, zeroscope_mock_url):
        assert zeroscope_client.run(prompt="x")[0].read()[4:8] == b"ftyp"
    """
    run(URL + dedent(code)).assert_outcomes(passed=6)


@pytest.mark.parametrize("clock", ["'virtual'", "'real'", "VirtualClock()", "RealClock()"])
def test_url__leaves_the_clock_to_the_marker(run: Run, clock: str) -> None:
    """A clock that the marker names is taken, at the usual speed."""
    code = f"""
    @pytest.mark.zeroscope(clock={clock})
    def test(zeroscope_mock, zeroscope_mock_url, request):
        assert type(zeroscope_mock.clock) is {"VirtualClock" if "irtual" in clock else "RealClock"}
        assert zeroscope_mock.speed == 1
        assert request.getfixturevalue("zeroscope_mock_url") == zeroscope_mock_url

    @pytest.mark.zeroscope(clock={clock})
    def test_late(zeroscope_mock, request):
        assert request.getfixturevalue("zeroscope_mock_url")
    """
    run(code).assert_outcomes(passed=2)


def test_url__that_is_asked_for_too_late(run: Run) -> None:
    """A server that has a virtual clock already cannot get another one, and the error says what to do."""
    result = run("def test(zeroscope_mock, request):\n    request.getfixturevalue('zeroscope_mock_url')")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *zeroscope_mock was made with a virtual clock before zeroscope_mock_url was *"])


def test_url__of_a_server_of_the_tests_own(run: Run) -> None:
    """A fixture that replaces the server decides on its clock."""
    code = """
    @pytest.fixture
    def zeroscope_mock():
        return MockServer()

    def test(zeroscope_mock_url):
        assert httpx.get(zeroscope_mock_url).status_code == 404
    """
    run(code).assert_outcomes(passed=1)


def test_failure__says_that_the_clock_stands_still(run: Run) -> None:
    """The journal of a failed test has the notice about a clock that does not move."""
    code = """
    @pytest.mark.zeroscope(clock="virtual")
    def test(zeroscope_mock_url):
        with Zeroscope("a-token", base_url=zeroscope_mock_url) as client:
            prediction = client.predictions.create({"prompt": "x"})
            for _ in range(20):
                prediction.reload()
        assert 0
    """
    out = str(run(URL + dedent(code), "-p", "no:logging").stdout)

    section = out.partition("- zeroscope mock: 21 exchanges -")[2].partition("\n===")[0]
    lines = section.splitlines()[1:]
    assert ["The clock stands still" in line for line in lines[:3]] == [False, False, True]
    assert "× 19" in lines[1] and "call server.clock.advance(seconds)" in lines[2]


def test_url__needs_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without httptools, the error says what to install."""
    monkeypatch.setitem(sys.modules, "httptools", None)
    result = run("def test(zeroscope_mock_url):\n    pass")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E *the mock server needs httptools, * pip install 'zeroscope[[]mock]'"])


def test_router__leads_httpx_to_the_server(run: Run) -> None:
    """With the router's fixture, a program's own client reaches the test's server."""
    code = """
    def test(zeroscope_router, zeroscope_mock):
        response = httpx.get("https://api.replicate.com/v1/predictions", headers={"Authorization": "Bearer me"})
        assert response.json()["results"] == []
        assert zeroscope_router["listPredictions"].call_count == len(zeroscope_mock.journal) == 1
    """
    run(code).assert_outcomes(passed=1)


def test_marker__sets_the_settings(run: Run) -> None:
    """The innermost marker overrides the outer ones, setting by setting."""
    code = """
    pytestmark = pytest.mark.zeroscope(
        seed=1, token="of-the-module", journal_limit=2, allow_hosts=["mock"], trust_forwarded=True
    )

    def id_of(server):
        return server.client().predictions.create({"prompt": "x"}).id

    def same(server, **settings):
        return id_of(server) == id_of(MockServer(**settings))

    def test_module(zeroscope_mock):
        assert same(zeroscope_mock, seed=1, token="of-the-module")
        settings = zeroscope_mock.core.state.settings
        assert (settings.allow_hosts, settings.trust_forwarded) == (["mock"], True)

    @pytest.mark.zeroscope(seed=2)
    class TestBase:
        def test(self, zeroscope_mock):
            assert same(zeroscope_mock, seed=2, token="of-the-module")

        @pytest.mark.zeroscope(seed=3, clock=VirtualClock(start=7.0))
        def test_function(self, zeroscope_mock):
            assert same(zeroscope_mock, seed=3, token="of-the-module")
            assert zeroscope_mock.clock.time() == 7.0

        @pytest.mark.zeroscope(seed=4)
        @pytest.mark.parametrize("seed", [4, pytest.param(5, marks=pytest.mark.zeroscope(seed=5))])
        def test_parameter(self, zeroscope_mock, seed):
            assert same(zeroscope_mock, seed=seed, token="of-the-module")

    @pytest.mark.zeroscope(seed=6)
    class TestDerived(TestBase):
        def test(self, zeroscope_mock):
            assert same(zeroscope_mock, seed=6, token="of-the-module")
            assert id_of(zeroscope_mock) and id_of(zeroscope_mock)
            assert len(zeroscope_mock.journal) == 2
    """
    run(code).assert_outcomes(passed=9)


@pytest.mark.parametrize(
    ("marker", "problem"),
    [
        ("7", "takes keyword arguments only, not 7"),
        ("7, 'x', seed=1", "takes keyword arguments only, not 7, 'x'"),
        (
            "sed=7",
            r"has no argument 'sed', only account, allow_hosts, allow_refusals, .*faults, .*seed, .*strict, token",
        ),
        (
            "sed=7, faults=[], tok=1",
            r"has no argument 'sed' or 'tok', only account, allow_hosts, allow_refusals, any_model",
        ),
        ("faults=503", "takes faults as a list of dicts, not as 503"),
        ("faults='storm'", "takes faults as a list of dicts, not as 'storm'"),
        ("faults=[503]", r"takes faults as a list of dicts, not as \[503\]"),
        ("strict=1", "takes strict as true or false, not as 1"),
        ("allow_refusals='no', strict=None", "takes allow_refusals as true or false, not as 'no' and strict as true "),
        ("faults={'status': 503}", r"takes faults as a list of dicts, not as \{'status': 503\}"),
    ],
)
def test_marker__reports_a_wrong_argument(run: Run, marker: str, problem: str) -> None:
    """A wrong argument is an error of the test that names the test and the argument."""
    result = run(f"@pytest.mark.zeroscope({marker})\ndef test_it(zeroscope_mock):\n    pass")

    result.assert_outcomes(errors=1)
    assert re.search(
        rf"^E .*UsageError: \S+\.py::test_it: the marker zeroscope {problem}", str(result.stdout), re.MULTILINE
    )


def test_marker__adds_faults(run: Run) -> None:
    """A test has the faults of its class and its own."""
    code = """
    @pytest.mark.zeroscope(faults=[{"operation": "listPredictions", "status": 503, "times": 1}])
    class Test:
        @pytest.mark.zeroscope(faults=[{"operation": "getPrediction", "status": 500, "times": 1}])
        def test(self, zeroscope_mock):
            api = httpx.Client(
                transport=zeroscope_mock.transport,
                base_url="https://api.replicate.com/v1",
                headers={"Authorization": "Bearer me"},
            )
            statuses = [api.get(path).status_code for path in ["/predictions", "/predictions/x"] * 2]
            assert statuses == [503, 500, 200, 404]
    """
    run(code).assert_outcomes(passed=1)


def test_marker__is_registered(run: Run) -> None:
    """`--markers` lists it, and `--strict-markers` accepts it."""
    result = run("", "--markers")

    result.stdout.fnmatch_lines(["@pytest.mark.zeroscope(seed=..., *): options of the test's MockServer; *"])


def test_failure__shows_the_journal(run: Run) -> None:
    """One line for each exchange, with the reason of a refusal, and no token."""
    code = """
    @pytest.mark.zeroscope(token="a-token-that-must-show-nowhere")
    def test(zeroscope_client, zeroscope_mock):
        zeroscope_client.predictions.create({"prompt": "x"})
        zeroscope_mock.clock.advance(1.5)
        token = "a-token-that-must-show-nowhere"
        api = httpx.Client(transport=zeroscope_mock.transport, headers={"Authorization": f"Bearer {token}"})
        api.get(f"http://h/predictions/y?z={token}")
        api.get("http://h/nowhere")
        assert 0
    """
    out = str(run(code, "--tb=short", "-rN").stdout)

    section = out.partition("- zeroscope mock: 3 exchanges -")[2].partition("\n===")[0]
    lines = section.splitlines()[1:]
    assert [line.split()[:6] for line in lines] == [
        ["0.000", "s", "POST", "/v1/predictions", "createPrediction", "201"],
        ["1.500", "s", "GET", "/predictions/y?z=[token]", "getPrediction", "404"],
        ["1.500", "s", "GET", "/nowhere", "-", "404"],
    ]
    assert lines[0].endswith('(starting): "x"')
    assert "  404  No such operation; the nearest is " in lines[2]
    assert "must-show-nowhere" not in section


@pytest.mark.parametrize(
    ("code", "sections"),
    [
        ("def test(zeroscope_mock):\n    assert 1", []),
        ("def test():\n    assert 0", []),
        ("def test():\n    ask(MockServer())\n    assert 0", []),
        ("def test(zeroscope_mock):\n    assert 0", ["0 exchanges"]),
        ("def test(zeroscope_mock):\n    ask(zeroscope_mock)\n    assert 0", ["1 exchange"]),
        ("def test(zeroscope_mock, zeroscope_mock_url):\n    ask(zeroscope_mock)\n    assert 0", ["1 exchange"]),
        ("def test(request):\n    ask(request.getfixturevalue('zeroscope_mock'))\n    assert 0", ["1 exchange"]),
        ("def test(zeroscope_mock, broken):\n    pass", ["1 exchange"]),
        (
            "@pytest.mark.zeroscope(allow_refusals=True)\ndef test(zeroscope_mock, leaking):\n    pass",
            ["2 exchanges"],
        ),
        ("def test(mine):\n    ask(mine)\n    assert 0", ["1 exchange of mine"]),
        ("def test(zeroscope_mock):\n    ask(zeroscope_mock)\n    zeroscope_mock.verify('getPrediction')", []),
        (
            "def test(mine, zeroscope_mock):\n    ask(mine)\n    zeroscope_mock.verify('getPrediction')",
            ["0 exchanges", "1 exchange of mine"],
        ),
        ("def test(mine, zeroscope_mock):\n    ask(mine)\n    assert 0", ["0 exchanges", "1 exchange of mine"]),
        ("def test(steered):\n    ask(steered)\n    assert 0", ["1 exchange"]),
        ("@pytest.mark.xfail\ndef test(zeroscope_mock):\n    assert 0", []),
    ],
    ids=[
        "passed",
        "no server",
        "own",
        "none",
        "one",
        "two fixtures",
        "late",
        "setup",
        "teardown",
        "mine",
        "verified",
        "verified of two",
        "two",
        "twice",
        "xfail",
    ],
)
def test_section__is_in_the_report_of_a_failure(run: Run, code: str, sections: list[str]) -> None:
    """Only for servers that come from a fixture, whichever phase of the test fails."""
    fixtures = """
    def ask(server):
        httpx.Client(transport=server.transport).get("http://h/x")

    @pytest.fixture
    def mine():
        return MockServer()

    @pytest.fixture
    def steered(zeroscope_mock):
        return zeroscope_mock

    @pytest.fixture
    def broken(zeroscope_mock):
        ask(zeroscope_mock)
        raise ValueError

    @pytest.fixture
    def leaking(zeroscope_mock):
        ask(zeroscope_mock)
        yield
        ask(zeroscope_mock)
        raise ValueError
    """
    out = str(run(f"{dedent(fixtures)}\n{code}", "-rP").stdout)

    assert re.findall(r"^-+ zeroscope mock: (.*?) -+$", out, re.MULTILINE) == sections


def test_section__shows_the_latest_of_many(run: Run) -> None:
    """A long journal is cut, and the number of omitted lines is shown."""
    code = """
    @pytest.mark.zeroscope(journal_limit=60)
    def test(zeroscope_mock):
        api = httpx.Client(transport=zeroscope_mock.transport)
        for number in range(70):
            api.get(f"http://h/{number}")
        assert 0
    """
    out = str(run(code).stdout)

    assert "- zeroscope mock: 70 exchanges -" in out
    assert "\n20 earlier ones are left out, of which the journal dropped 10.\n" in out
    assert re.findall(r"^ +0\.000 s  GET  /(\d+) ", out, re.MULTILINE) == [str(number) for number in range(20, 70)]


def test_xdist__keeps_tests_apart(run: Run) -> None:
    """Tests that run in two processes at once see only their own server, and their failures arrive whole."""
    code = """
    @pytest.mark.parametrize("number", [1, 2])
    def test(zeroscope_client, zeroscope_mock, worker_id, number):
        for _ in range(number):
            zeroscope_client.predictions.create({"prompt": "x"})
        assert len(zeroscope_mock.journal) == number
        assert worker_id == "none"
    """
    result = run(code, "-n2", "--dist=each", "-p", "no:hypothesispytest")

    result.assert_outcomes(failed=4)
    out = str(result.stdout)
    assert set(re.findall(r"'(gw\d)' == 'none'", out)) == {"gw0", "gw1"}
    assert sorted(re.findall(r"- zeroscope mock: (\d) ", out)) == ["1", "1", "2", "2"]


def test_plugin__is_cheap_to_import() -> None:
    """Every run of pytest imports it, so it imports nothing large, and nothing of the extra."""
    extra = ["av", "httptools", "PIL", "python_multipart", "standardwebhooks", "uvloop", "yaml"]
    late = [
        "anyio",
        "asyncio",
        "httpx",
        "jsonschema_rs",
        "respx",
        "zeroscope",
        "zeroscope_api",
        "zeroscope_mock.server",
    ]
    program = f"""
import sys
for name in {extra}:
    sys.modules[name] = None
import zeroscope_mock.pytest_plugin
print([name for name in {late} if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (result.stdout, result.stderr) == ("[]\n", "")
