"""Scripts for the predictions of certain models, or with certain inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer, ScriptError, Scripts
from zeroscope_mock.lifecycle.script_filter import contains
from zeroscope_mock.lifecycle.scripts import LIMIT

MODEL = "anotherjesse/zeroscope-v2-xl"
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
TOKEN = "a-token-of-a-test"
Create = Callable[..., dict[str, Any]]


def taken(scripts: Scripts, model: str | None = MODEL, **sent: Any) -> Any:
    """The output of the script that a prediction with an input follows; None if it follows none."""
    source = scripts.take("tenant", model, VERSION, sent)
    return None if source is None else source["output"]  # type: ignore[index]  # no function here


@pytest.mark.parametrize(
    ("wanted", "model", "follows"),
    [
        ("meta/llama-3", "meta/llama-3", True),
        ("Meta/LLaMA-3", "meta/llama-3", True),
        ("meta/llama-3", "Meta/Llama-3", True),
        ("meta/llama-3", "meta/llama-30", False),
        ("meta/llama-3", "beta/llama-3", False),
        ("meta/*", "meta/llama-3", True),
        ("META/*", "meta/llama-3", True),
        ("meta/*", "metamorph/llama-3", False),
        ("*/llama-*", "meta/llama-3", True),
        ("*/*", "meta/llama-3", True),
        ("meta/llama-?", "meta/llama-3", True),
        ("meta/llama-?", "meta/llama-30", False),
        ("meta/llama-[23]", "meta/llama-3", True),
        ("meta/llama-[!3]", "meta/llama-3", False),
        (f"meta/llama-3:{VERSION}", "meta/llama-3", True),
        (f"meta/llama-3:{VERSION.upper()}", "meta/llama-3", True),
        ("meta/llama-3:0", "meta/llama-3", False),
        ("meta/llama-3:9f74*", "meta/llama-3", True),
        ("meta/*:9f74*", "meta/llama-3", True),
        ("meta/*:0*", "meta/llama-3", False),
        # The colon of a version is not what a wildcard of a model stands for.
        ("meta/*351", "meta/llama-3", False),
        ("*/*", None, False),
        ("meta/llama-3", None, False),
    ],
)
def test_model__names_the_predictions(wanted: str, model: str | None, follows: bool) -> None:
    """One model, one version, or all that fit a pattern, in upper or lower case."""
    scripts = Scripts()
    scripts.add({"model": wanted, "output": "scripted"})

    assert taken(scripts, model) == ("scripted" if follows else None)
    assert len(scripts) == (0 if follows else 1)


@pytest.mark.parametrize(
    ("wanted", "sent", "follows"),
    [
        ({}, {}, True),
        ({}, {"prompt": "a"}, True),
        ({"prompt": "a"}, {"prompt": "a"}, True),
        ({"prompt": "a"}, {"prompt": "a", "seed": 1}, True),
        ({"prompt": "a", "seed": 1}, {"prompt": "a"}, False),
        ({"prompt": "a"}, {"prompt": "b"}, False),
        ({"prompt": "a"}, {"prompt": ["a"]}, False),
        ({"prompt": None}, {"prompt": None}, True),
        ({"prompt": None}, {}, False),
        ({"seed": 1}, {"seed": 1.0}, True),
        ({"seed": 1.0}, {"seed": 1}, True),
        ({"seed": 1}, {"seed": True}, False),
        ({"on": False}, {"on": 0}, False),
        ({"on": [True]}, {"on": [1]}, False),
        ({"options": {"a": 1}}, {"options": {"a": 1, "b": 2}}, True),
        ({"options": {"a": {"b": 1}}}, {"options": {"a": {"b": 1, "c": 2}}}, True),
        ({"options": {"a": 1, "b": 2}}, {"options": {"a": 1}}, False),
        ({"options": {}}, {"options": {"a": 1}}, True),
        ({"options": {}}, {"options": []}, False),
        ({"options": {}}, {"options": None}, False),
        ({"list": [1, 2]}, {"list": [1, 2]}, True),
        ({"list": [1]}, {"list": [1, 2]}, False),
        ({"list": []}, {"list": {}}, False),
        ({"messages": [{"role": "user"}]}, {"messages": [{"role": "user"}]}, True),
        ({"messages": [{"role": "user"}]}, {"messages": [{"role": "user", "content": "a"}]}, False),
        ({"messages": [{"role": "user", "content": "a"}]}, {"messages": [{"role": "user"}]}, False),
    ],
)
def test_input__names_the_predictions(wanted: dict[str, Any], sent: dict[str, Any], follows: bool) -> None:
    """Objects need only the fields that the script names; lists are compared as a whole."""
    scripts = Scripts()
    scripts.add({"input": wanted, "output": "scripted"})

    assert taken(scripts, **sent) == ("scripted" if follows else None)


def test_input__may_be_nested_deeply() -> None:
    """More deeply than functions may call each other."""
    value: Any = 1
    for _ in range(50_000):
        value = [{"a": value}]

    assert contains(value, value)
    assert not contains(value, value[0])


def test_model_and_input__must_both_fit() -> None:
    """A script that has both is for predictions of that model with such an input."""
    scripts = Scripts()
    scripts.add({"model": "meta/*", "input": {"prompt": "a"}, "output": 1})
    scripts.add({"model": "meta/llama", "input": {"prompt": "b"}, "output": 2})

    assert taken(scripts, "meta/llama", prompt="c") is None
    assert taken(scripts, "beta/llama", prompt="a") is None
    assert [taken(scripts, "meta/llama", prompt=prompt) for prompt in "ba"] == [2, 1]


CONDITIONS: list[dict[str, Any]] = [
    {},
    {"model": "meta/llama"},
    {"model": f"meta/llama:{VERSION}"},
    {"model": "meta/*"},
    {"input": {"prompt": "a"}},
    {"model": "meta/llama", "input": {"prompt": "a"}},
]


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("second", CONDITIONS)
@pytest.mark.parametrize("first", CONDITIONS)
def test_first__is_taken_of_those_that_fit(
    server: MockServer, first: dict[str, Any], second: dict[str, Any], token: str | None
) -> None:
    """In the order in which they were added, whatever their conditions and their tokens."""
    scripts = server.scripts
    scripts.add([{"model": "beta/*", "output": 0}, {"input": {"prompt": "b"}, "output": 0}])
    scripts.add({**first, "output": 1}, token=token)
    scripts.add({**second, "output": 2}, times=2)
    tenant = next(one["tenant"] for one in scripts.dump() if one["tenant"]) if token else "tenant"

    sources: list[Any] = [scripts.take(tenant, "meta/llama", VERSION, {"prompt": "a"}) for _ in range(4)]

    assert [source and source["output"] for source in sources] == [1, 2, 2, None]
    assert len(scripts) == len(scripts.dump()) == 2


def test_others__keep_their_places() -> None:
    """Scripts that a prediction passes over wait for those that they are for."""
    scripts = Scripts()
    scripts.add({"model": "meta/llama", "output": "first"})
    scripts.add({"output": "second"})
    scripts.add({"model": "meta/*", "output": "third"}, times=None)

    assert [taken(scripts, "beta/x"), taken(scripts, "beta/x")] == ["second", None]
    assert [taken(scripts, "meta/llama") for _ in range(3)] == ["first", "third", "third"]


def test_arguments__are_the_default_of_scripts() -> None:
    """Functions take their conditions from the arguments; values that name their own keep these."""
    scripts = Scripts()
    scripts.add(
        [{"output": 1}, {"model": "beta/*", "output": 2}, {"input": {}, "output": 3}, lambda _: {"output": 4}],
        model="Meta/*",
        input={"prompt": "a"},
    )

    assert scripts.dump() == [
        {"script": {"model": "Meta/*", "input": {"prompt": "a"}, "output": 1}, "tenant": None, "times": 1, "used": 0},
        {"script": {"model": "beta/*", "input": {"prompt": "a"}, "output": 2}, "tenant": None, "times": 1, "used": 0},
        {"script": {"model": "Meta/*", "input": {}, "output": 3}, "tenant": None, "times": 1, "used": 0},
    ]
    assert taken(scripts, "meta/x", prompt="b") == 3
    assert taken(scripts, "meta/x", prompt="a") == 1
    assert callable(scripts.take("tenant", "meta/x", VERSION, {"prompt": "a"}))
    assert len(scripts) == 1


def test_function__is_called_for_what_it_is_for(server: MockServer, create: Create, api: httpx.Client) -> None:
    """Once for each prediction that follows it."""
    seen: list[Any] = []
    server.scripts.add(seen.append, model="anotherjesse/*", input={"fps": 8}, times=None)

    create(fps=8, prompt="a")
    create(fps=9)
    create(fps=8)

    assert seen == [{"fps": 8, "prompt": "a"}, {"fps": 8}]


@pytest.mark.parametrize("name", ["model", "input"])
def test_function__returns_no_conditions(server: MockServer, create: Create, api: httpx.Client, name: str) -> None:
    """They would come too late."""
    server.scripts.add(lambda _: {name: {"model": "a/b", "input": {}}[name]})
    url = create()["urls"]["get"]
    server.clock.advance(60)

    assert api.get(url).json()["error"] == (
        f"ScriptError: script.{name}: pass it to scripts.add; the function was called for this prediction"
    )


def test_script__is_for_the_model_of_the_prediction(server: MockServer, api: httpx.Client, create: Create) -> None:
    """Whatever form of the version a create names."""
    server.scripts.add({"model": "someone/else", "error": "never"})
    server.scripts.add({"model": f"{MODEL}:{VERSION}", "error": "out of luck"}, times=3)
    ids = [
        api.post(path, json={"input": {}, **fields}).json()["id"]
        for path, fields in (
            ("/predictions", {"version": VERSION}),
            ("/predictions", {"version": f"{MODEL}:{VERSION}"}),
            ("/predictions", {"version": MODEL}),
            ("/predictions", {"version": MODEL}),
        )
    ]
    server.clock.advance(60)

    errors = [api.get(f"/predictions/{id}").json()["error"] for id in ids]
    assert errors == ["out of luck"] * 3 + [None]
    assert len(server.scripts) == 1


def test_conditions__go_through_http_and_a_snapshot(server: MockServer, api: httpx.Client, create: Create) -> None:
    """They are keys of the script itself."""
    script = {"model": "Anotherjesse/*", "input": {"fps": 8}, "error": "out of luck"}
    control = "https://api.replicate.com/_mock"
    assert api.post(f"{control}/scripts", json={"script": [script, {"run": 9}]}).status_code == 201
    listed = api.get(f"{control}/scripts").json()["scripts"]
    assert [one["script"] for one in listed] == [script, {"run": 9}]
    taken = server.snapshot()
    server.scripts.clear()
    server.restore(taken)

    urls = [create(fps=fps)["urls"]["get"] for fps in (9, 8)]
    server.clock.advance(60)

    assert [api.get(url).json()["error"] for url in urls] == [None, "out of luck"]


SENTENCE = "a model is 'owner/name', 'owner/name:version' or a pattern such as 'owner/*', not "


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ({"model": "llama"}, f"script.model: {SENTENCE}'llama'"),
        ({"model": ""}, f"script.model: {SENTENCE}''"),
        ({"model": "*"}, f"script.model: {SENTENCE}'*'"),
        ({"model": "a/b/c"}, f"script.model: {SENTENCE}'a/b/c'"),
        ({"model": "a/"}, f"script.model: {SENTENCE}'a/'"),
        ({"model": "a/b:"}, f"script.model: {SENTENCE}'a/b:'"),
        ({"model": "a/b c"}, f"script.model: {SENTENCE}'a/b c'"),
        ({"model": "a/b\n"}, f"script.model: {SENTENCE}'a/b\\n'"),
        ({"model": ["a/b"]}, "script.model: Invalid type. Expected: string, given: array"),
        ({"input": "a"}, "script.input: Invalid type. Expected: object, given: string"),
        ({"input": {"a": float("nan")}}, "script.input: a script consists of JSON values: Out of range"),
        ({"modl": "a/b"}, "script has no key 'modl'; did you mean 'model'?"),
        ([{}, {"inptu": {}}], "script.1 has no key 'inptu'; did you mean 'input'?"),
        (
            {"zzz": 1},
            "script has no key 'zzz'; there are blocking, error, expired_wait, gradual, inline, input, logs, ",
        ),
    ],
)
def test_invalid_condition__is_refused(server: MockServer, script: Any, message: str) -> None:
    """With a sentence that says how to write it."""
    with pytest.raises(ScriptError) as caught:
        server.scripts.add(script)

    assert str(caught.value).startswith(message)
    assert len(server.scripts) == 0


@pytest.mark.parametrize("arguments", [{"model": "llama"}, {"input": [1]}])
@pytest.mark.parametrize("script", [{}, lambda _: None])
def test_invalid_argument__is_refused(server: MockServer, script: Any, arguments: Any) -> None:
    """As in a script."""
    with pytest.raises(ScriptError, match=r"^script\.(model: a model is 'owner/name'|input: Invalid type)"):
        server.scripts.add(script, **arguments)
    assert len(server.scripts) == 0


def test_invalid_condition__is_refused_over_http(api: httpx.Client) -> None:
    """In the same words."""
    response = api.post("https://api.replicate.com/_mock/scripts", json={"script": {"model": "llama"}})

    assert response.status_code == 422
    assert response.json()["invalid_fields"] == [
        {"type": "invalid_script", "field": "script", "description": f"script.model: {SENTENCE}'llama'"}
    ]


def test_repr__shows_what_waits() -> None:
    """The conditions of the first scripts, and how many more there are; no tokens."""
    scripts = Scripts()
    assert repr(scripts) == "<Scripts: 0 waiting>"
    scripts.add({"model": "Meta/*", "output": "x"})
    scripts.add({"input": {"prompt": "a" * 200}}, times=None, model="a/b")
    scripts.add({"run": 1}, times=2, token=TOKEN)

    assert repr(scripts) == (
        "<Scripts: 3 waiting; for model 'meta/*'; "
        f"for model 'a/b' and input {{'prompt': '{'a' * 88} always; for any prediction 2 times>"
    )
    scripts.add([{}] * 4)
    assert repr(scripts).endswith("; for any prediction; for any prediction; 2 more>")


def test_clear__forgets_the_scripts_of_one_tenant(server: MockServer) -> None:
    """Whatever their conditions."""
    scripts = server.scripts
    for conditions in CONDITIONS:
        scripts.add({**conditions, "output": 1}, token=TOKEN)
        scripts.add({**conditions, "output": 2})

    server.reset(TOKEN)

    assert len(scripts) == len(CONDITIONS)
    assert [taken(scripts, "meta/llama", prompt="a") for _ in range(len(CONDITIONS) + 1)] == [2] * len(CONDITIONS) + [
        None
    ]


def test_script__for_one_of_many_models_is_found_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prediction looks at the scripts that are for its own model, and at those that are for several."""
    scripts = Scripts()
    scripts.add([{"model": f"owner/model-{number}", "output": number} for number in range(LIMIT - 1)])
    scripts.add({"model": "owner/*", "output": "any"})
    looks: list[Any] = []

    def looked(value: Any, part: Any) -> bool:
        looks.append(part)
        return True

    monkeypatch.setattr("zeroscope_mock.lifecycle.script_filter.fnmatchcase", looked)

    assert taken(scripts, "owner/model-9000") == 9000
    assert taken(scripts, "owner/other") == "any"
    assert len(looks) <= 3
