"""The registry with models that the server was given: which one a name means."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

PUBLISHED = "anotherjesse/zeroscope-v2-xl"
DOCUMENT_VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"


def version(id: str, field: str = "text", **more: Any) -> dict[str, Any]:
    """A version that requires one field."""
    input = {"type": "object", "required": [field], "properties": {field: {"type": "string"}}}
    output = {"type": "array", "items": {"type": "string", "format": "uri"}}
    schema = {"components": {"schemas": {"Input": input, "Output": output}}}
    return {"id": id, "created_at": "2024-05-06T07:08:09Z", "cog_version": "0.9.4", "openapi_schema": schema, **more}


A, B = version("a" * 64), version("b" * 64, created_at="2025-05-06T07:08:09Z")


def client(server: MockServer, token: str = "a-token-of-a-test") -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=headers)


def run(api: httpx.Client, reference: str, **input: Any) -> tuple[str, str]:
    """Create a prediction, and return the model and the version that run."""
    created = api.post("/predictions", json={"version": reference, "input": input})
    assert created.status_code == 201, created.text
    return created.json()["model"], created.json()["version"]


def own_model(api: httpx.Client, name: str, visibility: str = "private") -> str:
    """Make a model, and return its owner and name."""
    owner = api.get("/account").json()["username"]
    body = {"owner": owner, "name": name, "visibility": visibility, "hardware": "cpu"}
    assert api.post("/models", json=body).status_code == 201
    return f"{owner}/{name}"


@pytest.mark.parametrize("reference", ["meta/llama", f"meta/llama:{A['id']}", A["id"]])
def test_version__in_each_form(reference: str) -> None:
    """A model runs by its name, by its name with a version, and by the version alone."""
    with MockServer(models={"meta/llama": A}) as server, client(server) as api:
        assert run(api, reference, text="x") == ("meta/llama", A["id"])
        refused = api.post("/predictions", json={"version": reference, "input": {"text": 7}})
        assert [one["field"] for one in refused.json()["invalid_fields"]] == ["input.text"]


def test_deployment__of_a_loaded_model() -> None:
    """It checks inputs by the model's schema, and runs the version that it names."""
    with MockServer(models={"meta/llama": [A, B]}) as server, client(server) as api:
        settings = {"hardware": "cpu", "min_instances": 0, "max_instances": 1}
        body = {"name": "mine", "model": "meta/llama", "version": A["id"], **settings}
        owner = api.post("/deployments", json=body).json()["owner"]
        path = f"/deployments/{owner}/mine/predictions"
        created = api.post(path, json={"input": {"text": "x"}}).json()
        assert (created["model"], created["version"]) == ("meta/llama", A["id"])
        assert api.post(path, json={"input": {}}).status_code == 422


def test_own_model__comes_before_a_loaded_one() -> None:
    """A tenant's name means its own model; others' and the versions mean the loaded one."""
    with MockServer(account="acme") as server, client(server) as mine, client(server, "another-token") as others:
        name = own_model(mine, "llama")
        server.models.add(name, A)
        assert mine.get(f"/models/{name}").json()["latest_version"] is None
        assert others.get(f"/models/{name}").json()["latest_version"] == A
        assert run(others, name, text="x") == run(mine, A["id"], text="x") == (name, A["id"])


def test_loaded_model__comes_before_a_public_one_of_others() -> None:
    """A name of two models means the loaded one for those who own neither."""
    with MockServer(account="acme") as server, client(server) as mine, client(server, "another-token") as others:
        name = own_model(mine, "llama", "public")
        assert others.get(f"/models/{name}").json()["latest_version"] is None
        server.models.add(name, A)
        assert others.get(f"/models/{name}").json()["latest_version"] == A


def test_published_model__with_a_further_version() -> None:
    """The document's model keeps its own version, which stays the one that every unknown id runs."""
    with MockServer(models={PUBLISHED: B}) as server, client(server) as api:
        listed = [one["id"] for one in api.get(f"/models/{PUBLISHED}/versions").json()["results"]]
        assert listed == [B["id"], DOCUMENT_VERSION]
        assert [one["name"] for one in api.get("/models").json()["results"]] == ["zeroscope-v2-xl"]
        assert run(api, PUBLISHED, text="x") == run(api, B["id"], text="x") == (PUBLISHED, B["id"])
        assert run(api, DOCUMENT_VERSION, num_frames=1) == (PUBLISHED, DOCUMENT_VERSION)
        assert run(api, "c" * 64) == (PUBLISHED, "c" * 64)
        for reference, input in ((B["id"], {}), (DOCUMENT_VERSION, {"num_frames": "x"})):
            assert api.post("/predictions", json={"version": reference, "input": input}).status_code == 422
        server.models.remove(PUBLISHED)
        assert [one["id"] for one in api.get(f"/models/{PUBLISHED}/versions").json()["results"]] == [DOCUMENT_VERSION]


def test_published_version__with_a_file_of_its_own() -> None:
    """A file with the id of the document's version takes its place."""
    file = version(DOCUMENT_VERSION, field="other")
    with MockServer(models={PUBLISHED: file}) as server, client(server) as api:
        assert api.get(f"/models/{PUBLISHED}/versions").json()["results"] == [file]
        assert run(api, DOCUMENT_VERSION, other="x") == (PUBLISHED, DOCUMENT_VERSION)
        assert api.post("/predictions", json={"version": DOCUMENT_VERSION, "input": {}}).status_code == 422


def test_id__of_two_models() -> None:
    """The id alone means the model that was added last, and the other one once that is gone."""
    with MockServer(models={"meta/one": A, "meta/two": A}) as server, client(server) as api:
        assert run(api, A["id"], text="x") == ("meta/two", A["id"])
        assert run(api, f"meta/one:{A['id']}", text="x") == ("meta/one", A["id"])
        server.models.remove("meta/two")
        assert run(api, A["id"], text="x") == ("meta/one", A["id"])
        server.models.remove("meta/one")
        # As every id of no other model.
        assert run(api, A["id"]) == (PUBLISHED, A["id"])


def test_removal__leaves_predictions() -> None:
    """They can be read and canceled, and their files still come."""
    with MockServer(models={"meta/llama": A}) as server, client(server) as api:
        ids = [
            api.post("/predictions", json={"version": A["id"], "input": {"text": "x"}}).json()["id"] for _ in range(2)
        ]
        api.post(f"/predictions/{ids[1]}/cancel")
        server.clock.advance(600)
        before = api.get(f"/predictions/{ids[0]}").json()
        server.models.remove("meta/llama")
        assert api.get(f"/predictions/{ids[0]}").json() == before
        assert before["status"] == "succeeded" and before["model"] == "meta/llama"
        for url in before["output"]:
            assert api.get(url).status_code == 200
        assert api.get(f"/predictions/{ids[1]}").json()["status"] == "canceled"
        assert len(api.get("/predictions").json()["results"]) == 2
        assert api.post("/predictions", json={"version": "meta/llama", "input": {"text": "x"}}).status_code == 422


@pytest.mark.parametrize("token", [None, "a-token-of-a-test"])
def test_reset__keeps_loaded_models(token: str | None) -> None:
    """They belong to the server, as its settings do."""
    with MockServer(models={"meta/llama": A}) as server, client(server) as api:
        run(api, "meta/llama", text="x")
        server.reset(token)
        assert list(server.models) == ["meta/llama"]
        assert api.get("/predictions").json()["results"] == []
        assert api.get("/models/meta/llama").json()["run_count"] == 0
        assert run(api, A["id"], text="x") == ("meta/llama", A["id"])


def test_models__that_are_added_while_predictions_are_created() -> None:
    """No create fails, and each model is there as soon as it was added."""
    statuses: list[int] = []
    with MockServer(models={"meta/llama": A}) as server:

        def create() -> None:
            with client(server, threading.current_thread().name) as api:
                for _ in range(40):
                    for path, body in (
                        ("/predictions", {"version": "meta/llama"}),
                        (f"/models/{PUBLISHED}/predictions", {}),
                    ):
                        response = api.post(path, json={"input": {"text": "x"}, **body})
                        statuses.append(response.status_code)
                    statuses.append(200 if len(api.get("/models").json()["results"]) > 1 else 0)

        def add(first: int) -> None:
            with client(server) as api:
                for number in range(first, first + 40):
                    name, file = f"acme/m{number}", version(f"{number:064x}")
                    server.models.add(name, file)
                    assert run(api, file["id"], text="x") == (name, file["id"])
                    statuses.append(api.get(f"/models/{name}").status_code)
                    if number % 2:
                        server.models.remove(name)

        threads = [threading.Thread(target=create) for _ in range(2)]
        threads += [threading.Thread(target=add, args=[first]) for first in (1, 101)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.models) == 41
    assert set(statuses) == {200, 201} and len(statuses) == 2 * 40 * 3 + 2 * 40


def test_removal__of_the_first_of_two_models_with_one_id() -> None:
    """The id goes on meaning the other one."""
    with MockServer(models={"meta/one": A, "meta/two": A}) as server, client(server) as api:
        server.models.remove("meta/one")
        assert run(api, A["id"], text="x") == ("meta/two", A["id"])


def test_removal__leaves_deployments_that_run_nothing() -> None:
    """A deployment of a model that is gone refuses to run it, and does not run another one in its place."""
    with MockServer(models={"meta/llama": A}, account="me") as server, client(server) as api:
        deployment = {"name": "fast", "model": "meta/llama", "version": A["id"], "hardware": "cpu"}
        api.post("/deployments", json={**deployment, "min_instances": 0, "max_instances": 1})
        path = "/deployments/me/fast/predictions"
        assert api.post(path, json={"input": {"text": "x"}}).status_code == 201
        server.models.remove("meta/llama")
        assert api.post(path, json={"input": {"text": "x"}}).status_code == 422


def test_model__is_as_old_as_its_first_version() -> None:
    """Lists that are sorted by the age of models do not depend on the order in which versions were added."""
    between = version("c" * 64, created_at="2024-12-06T07:08:09Z")
    with MockServer(models={"meta/new": between, "meta/old": [B, A]}) as server, client(server) as api:
        query = {"sort_by": "model_created_at", "sort_direction": "desc"}
        names = [model["name"] for model in api.get("/models", params=query).json()["results"]]
        assert names.index("new") < names.index("old")
