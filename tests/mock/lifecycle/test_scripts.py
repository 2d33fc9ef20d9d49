"""Scripts, which set what the next predictions do."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest

import zeroscope_mock
from zeroscope_mock import MockServer, ScriptError
from zeroscope_mock.lifecycle.scripts import LIMIT

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
API = "https://api.replicate.com/v1"
SECRET = "r8_a-token-that-must-show-nowhere"
Create = Callable[..., dict[str, Any]]

CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)
BEYOND: Any = [object(), date(2026, 1, 1), b"x", float("nan"), float("inf"), CIRCLE, 10**5000, {(1, 2): 3}, {1, 2}]


@pytest.fixture
def run(server: MockServer, api: httpx.Client, create: Create) -> Callable[..., dict[str, Any]]:
    """Creates a prediction that follows a script, and returns it after a number of seconds."""

    def run(script: Any, after: float = 60, **fields: Any) -> dict[str, Any]:
        server.scripts.add(script)
        url = create(**fields)["urls"]["get"]
        server.clock.advance(after)
        body: dict[str, Any] = api.get(url).json()
        return body

    return run


Run = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("script", "after", "expected"),
    [
        ({"startup": 20}, 19.9, {"status": "starting"}),
        ({"startup": 20}, 20, {"status": "processing"}),
        ({"startup": 0, "run": 600}, 599.9, {"status": "processing"}),
        ({"startup": 0, "run": 600}, 600, {"status": "succeeded"}),
        ({"startup": 0, "run": 0}, 0, {"status": "succeeded"}),
        ({"startup": 1e9}, 999_999_999, {"status": "starting"}),
        ({"outcome": "succeeded"}, 60, {"status": "succeeded", "error": None}),
        ({"outcome": "canceled"}, 60, {"status": "canceled", "output": None, "error": None}),
        ({"outcome": "aborted", "startup": 5}, 4.9, {"status": "starting"}),
        ({"outcome": "aborted", "startup": 5}, 5, {"status": "aborted", "output": None, "metrics": {"total_time": 5}}),
        ({"outcome": "failed"}, 60, {"status": "failed", "error": "the model failed because the script says so"}),
        ({"error": "out of luck"}, 60, {"status": "failed", "error": "out of luck", "output": None}),
        ({"outcome": "failed", "error": "\u2028\x00é"}, 60, {"status": "failed", "error": "\u2028\x00é"}),
        ({"error": "never seen", "outcome": "succeeded"}, 60, {"status": "succeeded", "error": None}),
        ({"outputs": 0}, 60, {"status": "succeeded", "output": []}),
        ({"output": "a text"}, 60, {"output": "a text"}),
        ({"output": []}, 60, {"output": []}),
        ({"output": {}}, 60, {"output": {}}),
        ({"output": [[1], None]}, 60, {"output": [[1], None]}),
        ({"output": False, "outcome": "failed"}, 60, {"output": None}),
        ({"removed": True}, 60, {"status": "succeeded", "data_removed": True, "output": None, "input": {}}),
        ({"logs": []}, 60, {"logs": ""}),
        ({"logs": ["a", "b\n", ""]}, 60, {"logs": "a\nb\n\n"}),
        ({"progression": "once"}, 0, {"status": "succeeded", "metrics": {"total_time": 0, "predict_time": 0}}),
        ({"progression": "once", "run": 9, "startup": 9, "reads": 3}, 0, {"status": "succeeded"}),
        ({"progression": "once", "error": "at once"}, 0, {"status": "failed", "error": "at once"}),
        ({"progression": "time", "reads": 3, "startup": 0, "run": 1}, 1, {"status": "succeeded"}),
    ],
)
def test_key__does_what_its_description_says(run: Run, script: dict[str, Any], after: float, expected: Any) -> None:
    """Each key of a script changes just what it names."""
    body = run(script, after)

    assert {name: body.get(name) for name in expected} == expected


def test_outputs__is_the_number_of_videos(api: httpx.Client, run: Run) -> None:
    """Whatever batch was asked for, and each can be fetched."""
    body = run({"outputs": 2}, batch_size=3, width=256, height=256, num_frames=1)

    assert body["output"] == [f"{API}/outputs/{body['id']}/output-{index}.mp4" for index in range(2)]
    assert [api.get(url).status_code for url in body["output"]] == [200, 200]
    assert api.get(f"/outputs/{body['id']}/output-2.mp4").status_code == 404
    assert len(run({"outputs": 1000})["output"]) == 1000


def test_output__null_means_the_default(run: Run) -> None:
    """A prediction without output needs `outputs: 0` or `removed`."""
    assert len(run({"output": None}, batch_size=2)["output"]) == 2


@pytest.mark.parametrize(
    ("script", "seed"), [({"seed": 42}, "42"), ({"seed": -1}, "-1"), ({"seed": 10**400}, "1" + "0" * 400)]
)
def test_seed__is_what_the_log_says(run: Run, script: dict[str, Any], seed: str) -> None:
    """However large."""
    assert run(script)["logs"].startswith(f"Using seed: {seed}\n")


@pytest.mark.parametrize(
    ("after", "logs"),
    [(0.9, ""), (1, "one\n"), (4.9, "one\n"), (5, "one\ntwo\n"), (8.9, "one\ntwo\n"), (9, "one\ntwo\nlast\n")],
)
def test_logs__are_printed_at_their_times(run: Run, after: float, logs: str) -> None:
    """In the order of their times; lines later than the end are never printed."""
    lines = [{"at": 8, "text": "last"}, {"at": 0, "text": "one"}, {"at": 4, "text": "two"}, {"at": 9, "text": "late"}]

    assert run({"startup": 1, "run": 8, "logs": lines}, after)["logs"] == logs


def test_logs__without_times_are_spread_over_the_run(run: Run) -> None:
    """The first at the start, the others after equal pauses."""
    script = {"startup": 0, "run": 9, "logs": ["a", "b", "c"]}

    assert [run(script, after)["logs"] for after in (0, 2.9, 3, 5.9, 6)] == [
        "a\n",
        "a\n",
        "a\nb\n",
        "a\nb\n",
        "a\nb\nc\n",
    ]


@pytest.mark.parametrize(("after", "count"), [(2.4, 0), (2.5, 1), (5, 2), (7.5, 3), (9.9, 3), (10, 3)])
def test_gradual__shows_outputs_one_by_one(api: httpx.Client, run: Run, after: float, count: int) -> None:
    """While the prediction runs, and each output can be fetched at once."""
    small = {"width": 256, "height": 256, "num_frames": 1}
    body = run({"startup": 0, "run": 10, "outputs": 3, "gradual": True}, after, **small)

    assert len(body["output"] or []) == count
    statuses = [api.get(f"/outputs/{body['id']}/output-{index}.mp4").status_code for index in range(3)]
    assert statuses == [200] * count + [404] * (3 - count)


def test_gradual__shows_nothing_before_the_start(run: Run) -> None:
    """However short the run."""
    body = run({"startup": 5, "run": 1e-9, "outputs": 3, "gradual": True}, 4)

    assert (body["status"], body["output"]) == ("starting", None)


def test_inline__puts_the_videos_into_the_response(server: MockServer, api: httpx.Client, run: Run) -> None:
    """As `data:` URIs with the same bytes as at their addresses; lists leave them out."""
    body = run({"inline": True, "outputs": 2}, width=256, height=256, num_frames=2)

    kinds, contents = zip(*(uri.split(",", 1) for uri in body["output"]), strict=True)
    assert set(kinds) == {"data:video/mp4;base64"}
    videos = [api.get(f"/outputs/{body['id']}/output-{index}.mp4").content for index in range(2)]
    assert [base64.b64decode(content, validate=True) for content in contents] == videos
    assert api.get("/predictions").json()["results"][0]["output"] is None


@pytest.mark.parametrize("script", [{"inline": False}, {"output": ["x"]}])
def test_inline__may_be_the_default_script(script: dict[str, Any]) -> None:
    """The server's setting applies to the videos of scripts that do not set it."""
    server = MockServer(inline_outputs=True)
    server.scripts.add([script, {}])
    sent = {"version": VERSION, "input": {"width": 256, "height": 256, "num_frames": 1}}
    with httpx.Client(transport=server.transport, base_url=API, headers={"Authorization": "Bearer x"}) as api:
        ids = [api.post("/predictions", json=sent).json()["id"] for _ in range(2)]
        server.clock.advance(60)
        outputs = [api.get(f"/predictions/{id}").json()["output"][0] for id in ids]

    assert [output.startswith("data:") for output in outputs] == [False, True]


@pytest.mark.parametrize(
    ("script", "statuses"),
    [
        ({"reads": 1}, ["succeeded", "succeeded"]),
        ({"reads": 2}, ["processing", "succeeded", "succeeded"]),
        ({"progression": "reads"}, ["processing", "succeeded"]),
        ({"progression": "reads", "reads": 4}, ["processing"] * 3 + ["succeeded"]),
        ({"reads": 2, "error": "x"}, ["processing", "failed"]),
        ({"reads": 2, "outcome": "canceled"}, ["processing", "canceled"]),
        ({"reads": 3, "outcome": "aborted"}, ["aborted", "aborted"]),
        ({"reads": 2, "startup": 1e9, "run": 0}, ["processing", "succeeded"]),
    ],
)
def test_reads__move_a_prediction_on(
    server: MockServer, api: httpx.Client, create: Create, script: dict[str, Any], statuses: list[str]
) -> None:
    """One step each, whatever the clock says; lists and other predictions' reads do not count."""
    server.scripts.add(script)
    url = create()["urls"]["get"]
    other = create()["urls"]["get"]

    seen = list[str]()
    for _ in statuses:
        server.clock.advance(10_000)
        before = api.get("/predictions").json()["results"][1]["status"]
        assert before == (seen[-1] if seen else "starting")
        api.get(other)
        seen.append(api.get(url).json()["status"])

    assert seen == statuses


@pytest.mark.parametrize("reads", [1, 2, 3, 7])
def test_reads__show_the_whole_log_and_all_outputs_at_the_end(
    server: MockServer, api: httpx.Client, create: Create, reads: int
) -> None:
    """The log grows from read to read and is complete with the last one."""
    server.scripts.add({"reads": reads, "gradual": True, "outputs": 2})
    url = create(num_inference_steps=6)["urls"]["get"]

    bodies = [api.get(url).json() for _ in range(reads)]

    logs = [body["logs"] for body in bodies]
    assert all(after.startswith(before) for before, after in pairwise(logs))
    assert logs[-1].splitlines()[-1].startswith("100%|██████████| 6/6 ")
    assert len(bodies[-1]["output"]) == 2
    assert reads == 1 or "100%" not in logs[0]


def test_reads__of_a_run_that_takes_no_time(api: httpx.Client, server: MockServer, create: Create) -> None:
    """Huge numbers do no harm."""
    server.scripts.add({"reads": 3, "run": 1e-320, "gradual": True, "outputs": 2})
    url = create()["urls"]["get"]

    assert [len(api.get(url).json()["output"]) for _ in range(3)] == [2, 2, 2]


def test_reads__stop_at_a_cancel(server: MockServer, api: httpx.Client, create: Create) -> None:
    """From then on a read changes nothing."""
    server.scripts.add({"reads": 5})
    urls = create()["urls"]
    api.get(urls["get"])
    server.clock.advance(3)
    canceled = api.post(urls["cancel"]).json()

    assert (canceled["status"], canceled["metrics"]["predict_time"]) == ("canceled", 3)
    assert [api.get(urls["get"]).json() for _ in range(6)] == [canceled] * 6


@pytest.mark.parametrize("script", ["run: 3", "{run: 3}", '{"run": 3}', "- run: 3", "run: 3.0\n# nothing else"])
@pytest.mark.parametrize("kind", ["text", "file"])
def test_yaml__is_read_from_text_and_from_a_file(run: Run, tmp_path: Path, script: str, kind: str) -> None:
    """One script or a list of them."""
    if kind == "file":
        (tmp_path / "script.yaml").write_text(script, encoding="utf-8")

    body = run(tmp_path / "script.yaml" if kind == "file" else script)

    assert body["metrics"]["predict_time"] == 3


@pytest.mark.parametrize(
    "scripts",
    [
        "- run: 1\n- run: 2\n- run: 3",
        [{"run": 1}, lambda _: {"run": 2}, {"run": 3}],
        ({"run": 1}, {"run": 2}, {"run": 3}),
    ],
)
def test_list__is_one_script_for_each_prediction(
    server: MockServer, api: httpx.Client, create: Create, scripts: Any
) -> None:
    """In their order."""
    server.scripts.add(scripts)
    ids = [create()["id"] for _ in range(4)]
    server.clock.advance(100)

    times = [api.get(f"/predictions/{id}").json()["metrics"]["predict_time"] for id in ids]

    assert times[:3] == [1, 2, 3]
    assert times[3] not in times[:3]


def test_integers__may_be_written_as_floats(run: Run, api: httpx.Client) -> None:
    """JSON has one type of number."""
    first = run({"outputs": 2.0, "seed": 7.0, "reads": 2.0})
    body = api.get(first["urls"]["get"]).json()

    assert len(body["output"]) == 2
    assert body["logs"].startswith("Using seed: 7\n")


def test_values__may_be_any_mapping_and_change_afterwards(run: Run) -> None:
    """A later change of the mapping does not change the script."""
    script = {"output": ["x"], "logs": ["a"]}
    body = run(MappingProxyType(script))
    script["output"].append("y")

    assert (body["output"], body["logs"]) == (["x"], "a\n")


def test_function__decides_by_the_input(server: MockServer, run: Run) -> None:
    """It gets a copy of the input as it was sent, and leaves the default script with None."""

    def script(input: dict[str, Any]) -> dict[str, Any] | None:
        return {"run": input.pop("num_frames")} if "num_frames" in input else None

    assert run(script, num_frames=7)["metrics"]["predict_time"] == 7
    body = run(script, num_frames=9)
    assert body["input"] == {"num_frames": 9}
    assert run(script)["metrics"]["predict_time"] == pytest.approx(50 / 15.8, abs=1e-5)


def test_function__gets_a_copy_of_nested_values(run: Run) -> None:
    """No change of it reaches the prediction."""

    def script(input: dict[str, Any]) -> None:
        input["extra"]["list"].append(2)

    assert run(script, extra={"list": [1]})["input"] == {"extra": {"list": [1]}}


def test_function__that_raises_fails_the_prediction(server: MockServer) -> None:
    """The traceback is in the journal, without the token."""

    def script(input: dict[str, Any]) -> dict[str, Any]:
        raise LookupError(f"no luck with {SECRET}")

    server.scripts.add(script)
    with httpx.Client(transport=server.transport, base_url=API, headers={"Authorization": f"Bearer {SECRET}"}) as api:
        created = api.post("/predictions", json={"version": VERSION, "input": {}})
        server.clock.advance(60)
        body = api.get(created.json()["urls"]["get"]).json()

    assert created.status_code == 201
    assert (body["status"], body["output"]) == ("failed", None)
    assert body["error"].startswith("LookupError: no luck with ")
    note = server.journal[0].note or ""
    assert note.startswith("Traceback (most recent call last):\n")
    assert "in script\n" in note
    assert "LookupError: no luck with [token]" in note
    assert SECRET not in repr(list(server.journal))
    assert server.journal[1].note is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"run": -1}, "ScriptError: script.run: Must be greater than or equal to 0"),
        ({"speed": 1}, "ScriptError: script has no key 'speed'; did you mean 'seed'?"),
        (5, "ScriptError: script: Invalid type. Expected: object, given: integer"),
        ("run: 3", "ScriptError: script: Invalid type. Expected: object, given: string"),
        ([{"run": 3}], "ScriptError: script: Invalid type. Expected: object, given: array"),
        (object(), "ScriptError: script: a script consists of JSON values: Object of type object is not JSON"),
        ({"output": float("nan")}, "ScriptError: script.output: a script consists of JSON values: Out of range"),
        ({"output": CIRCLE}, "ScriptError: script.output: a script consists of JSON values: Circular reference"),
    ],
)
def test_function__that_returns_an_invalid_script_fails_the_prediction(
    server: MockServer, run: Run, answer: Any, error: str
) -> None:
    """The error names the field."""
    body = run(lambda _: answer)

    assert body["status"] == "failed"
    assert body["error"].startswith(error)
    assert "Traceback" in (server.journal[0].note or "")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ({"run": -1}, "script.run: Must be greater than or equal to 0"),
        ({"run": 1e10}, "script.run: Must be less than or equal to 1000000000"),
        ({"run": "3"}, "script.run: Invalid type. Expected: number, given: string"),
        ({"run": True}, "script.run: Invalid type. Expected: number, given: boolean"),
        ({"startup": None}, "script.startup: Invalid type. Expected: number, given: null"),
        ({"reads": 0}, "script.reads: Must be greater than or equal to 1"),
        ({"reads": 1001}, "script.reads: Must be less than or equal to 1000"),
        ({"reads": 1.5}, "script.reads: Invalid type. Expected: integer, given: number"),
        ({"outputs": -1}, "script.outputs: Must be greater than or equal to 0"),
        ({"seed": "7"}, "script.seed: Invalid type. Expected: integer, given: string"),
        (
            {"outcome": "lost"},
            'script.outcome must be one of the following: "succeeded", "failed", "canceled", "aborted"',
        ),
        ({"progression": "fast"}, 'script.progression must be one of the following: "time", "once", "reads"'),
        ({"error": 5}, "script.error: Invalid type. Expected: string, given: integer"),
        ({"logs": "one"}, "script.logs: Invalid type. Expected: array, given: string"),
        ({"logs": [{"at": 1}]}, "script.logs.0: text is required"),
        ({"logs": ["x", {"at": -1, "text": "x"}]}, "script.logs.1.at: Must be greater than or equal to 0"),
        ({"gradual": 1}, "script.gradual: Invalid type. Expected: boolean, given: integer"),
        ({"seed": "x", "run": -1}, "script.run: Must be greater than or equal to 0; script.seed: Invalid type."),
        ({"speed": 1, "run": -1}, "script has no key 'speed'; did you mean 'seed'?"),
        ({1: 2}, "script has no key 1; there are blocking, error, "),
        (5, "script: Invalid type. Expected: object, given: integer"),
        ([{}, {"run": -1}], "script.1.run: Must be greater than or equal to 0"),
        ("", "script: Invalid type. Expected: object, given: null"),
        ("script.yaml", "a script is a mapping, not 'script.yaml'; to read a file, pass its Path(...)"),
        ([], "script: Array must have at least 1 items"),
        ("[]", "script: Array must have at least 1 items"),
        ("- run: 1\n- run: x", "script.1.run: Invalid type. Expected: number, given: string"),
        ("run: .nan", "script.run: Invalid type. Expected: number, given: string"),
        # libyaml and PyYAML itself name different places.
        ("run: 1\nlogs: [", "the script is not YAML: line "),
        ("\x00", "the script is not YAML: "),
        ("[" * 1500, "the script is not YAML: "),
        (Path("missing.yaml"), "missing.yaml cannot be read: "),
        (Path(__file__).parent, "cannot be read: "),
        *(({"output": value}, "script.output: a script consists of JSON values: ") for value in BEYOND),
    ],
)
def test_invalid_script__is_refused_by_field(server: MockServer, script: Any, message: str) -> None:
    """At once, and none of the scripts before it is added."""
    with pytest.raises(ScriptError) as caught:
        server.scripts.add(script)

    assert message in str(caught.value)
    assert len(server.scripts) == 0


def test_invalid_script__names_a_field_once(server: MockServer) -> None:
    """Though some descriptions begin with it."""
    with pytest.raises(ScriptError, match=r"^script\.outcome must be one of"):
        server.scripts.add({"outcome": "lost"})


def test_yaml__is_read_as_the_files_of_models_are(server: MockServer) -> None:
    """Plain text that YAML 1.1 takes for a number, a boolean or a date is text, as in JSON and in YAML 1.2."""
    server.scripts.add("input: {aspect_ratio: 16:9}\noutput: [no, 2026-01-01, 1.5, true]")
    [queued] = server.scripts.dump()
    assert queued["script"] == {"input": {"aspect_ratio": "16:9"}, "output": ["no", "2026-01-01", 1.5, True]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("run: 1\nlogs: [", "is not YAML: line "),
        ("run: -1", ": script.run: Must be greater than or equal to 0"),
        ("outcome: lost", ": script.outcome must be one of"),
        ("a script", ": script: Invalid type. Expected: object, given: string"),
    ],
)
def test_invalid_script__in_a_file_names_the_file(server: MockServer, tmp_path: Path, text: str, message: str) -> None:
    """Several files may make up the scripts of a test."""
    file = tmp_path / "script.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScriptError) as caught:
        server.scripts.add(file)
    assert str(caught.value).startswith(str(file)) and message in str(caught.value)
    assert str(caught.value).count("script.outcome") <= 1


@pytest.mark.parametrize("times", [0, -1])
def test_times__are_at_least_one(server: MockServer, times: int) -> None:
    """A script for no prediction is a mistake."""
    with pytest.raises(ScriptError, match=f"times must be at least 1, or None for all, not {times}"):
        server.scripts.add({}, times=times)


def predict_times(server: MockServer, api: httpx.Client, count: int) -> list[float]:
    """How long new predictions run."""
    ids = [api.post("/predictions", json={"version": VERSION, "input": {}}).json()["id"] for _ in range(count)]
    server.clock.advance(1000)
    return [round(api.get(f"/predictions/{id}").json()["metrics"]["predict_time"], 3) for id in ids]


def test_queue__is_followed_in_order(server: MockServer, api: httpx.Client) -> None:
    """Each script for a number of predictions, the last one for all."""
    server.scripts.add({"run": 1})
    server.scripts.add({"run": 2}, times=2)
    server.scripts.add({"run": 3}, times=None)
    server.scripts.add({"run": 4})
    assert len(server.scripts) == 4

    assert predict_times(server, api, 5) == [1, 2, 2, 3, 3]
    server.scripts.clear()
    assert predict_times(server, api, 1) == [3.165]


def test_queue__is_not_used_up_by_refused_requests(server: MockServer, api: httpx.Client) -> None:
    """A script waits for a prediction that is really created."""
    server.scripts.add({"run": 1})
    api.post("/predictions", json={"version": VERSION, "input": {"fps": "x"}})
    api.post("/predictions", json={"version": "x", "input": {}})

    assert predict_times(server, api, 1) == [1]


def test_token__limits_a_script_to_one_tenant(server: MockServer, api: httpx.Client) -> None:
    """Other tenants skip it, and its own follow whatever comes first."""
    server.scripts.add({"run": 1}, token="another-token")
    server.scripts.add({"run": 2})
    server.scripts.add({"run": 3}, token="a-token-of-a-test")
    server.scripts.add({"run": 4})
    with httpx.Client(
        transport=server.transport, base_url=API, headers={"Authorization": "Bearer another-token"}
    ) as other:
        assert predict_times(server, api, 2) == [2, 3]
        assert predict_times(server, other, 2) == [1, 4]


def test_queue__has_a_limit(server: MockServer) -> None:
    """Scripts beyond the limit are refused together; each script that is used or removed makes room."""
    server.scripts.add([{"run": 1}] * (LIMIT - 2))
    server.scripts.add({"run": 2}, token="another-token")
    with pytest.raises(ScriptError, match="no more than 10000 scripts can wait, and 9999 do"):
        server.scripts.add([{}, {}])
    assert len(server.scripts) == LIMIT - 1

    server.scripts.take("any tenant", None, VERSION, {})
    assert len(server.scripts) == LIMIT - 2
    server.reset("another-token")
    assert len(server.scripts) == LIMIT - 3
    server.scripts.clear()
    assert len(server.scripts) == len(server.scripts.dump()) == 0


def test_queue__keeps_its_order_through_a_snapshot(server: MockServer, api: httpx.Client) -> None:
    """Scripts for one token and scripts for all stay in the order in which they were added."""
    for run, token in ((1, None), (2, "a-token-of-a-test"), (3, None), (4, "another-token"), (5, "a-token-of-a-test")):
        server.scripts.add({"run": run}, token=token)
    taken = server.snapshot()
    assert [one["script"]["run"] for one in taken["scripts"]] == [1, 2, 3, 4, 5]
    server.scripts.clear()
    server.restore(taken)

    assert len(server.scripts) == 5
    assert predict_times(server, api, 4) == [1, 2, 3, 5]


def test_script__overrides_the_prompt(run: Run) -> None:
    """The prompt sets what the script leaves out."""
    assert run({"run": 2}, prompt="mock:fail out of luck")["error"] == "out of luck"
    assert run({"outcome": "succeeded", "outputs": 1}, prompt="mock:fail out of luck")["status"] == "succeeded"


def test_keys__are_those_of_the_document() -> None:
    """This module and a few others test every key that exists."""
    document = (Path(zeroscope_mock.__file__).parent / "documents" / "control.json").read_text(encoding="utf-8")
    keys = json.loads(document)["components"]["schemas"]["Script"]["properties"]
    text = Path(__file__).read_text(encoding="utf-8")
    operations = ("operations/test_streams", "operations/test_paging", "operations/test_blocking")
    for name in (*operations, "lifecycle/test_script_filter", "webhooks/test_default_events"):
        text += (Path(__file__).parents[1] / f"{name}.py").read_text(encoding="utf-8")

    assert [key for key in keys if f'"{key}"' not in text] == []
