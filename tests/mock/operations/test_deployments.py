"""The operations on deployments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.operations.deployments import IDLE_SECONDS

NewModel = Callable[..., dict[str, Any]]
Train = Callable[..., dict[str, Any]]
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
OLDER = "71996d331e8ede8ef7bd76eba9fae076d31792e4ddf4ad057779b443d6aea62f"
BODY: dict[str, Any] = {
    "name": "fast",
    "model": "anotherjesse/zeroscope-v2-xl",
    "version": VERSION,
    "hardware": "gpu-t4",
    "min_instances": 0,
    "max_instances": 3,
}


def test_create__returns_the_first_release(api: httpx.Client, account: str) -> None:
    """A new deployment has the settings that were sent, by whom and when, and can be read and listed."""
    created = api.post("/deployments", json=BODY)

    assert created.status_code == 200
    assert created.json() == {
        "owner": account,
        "name": "fast",
        "current_release": {
            "number": 1,
            "model": BODY["model"],
            "version": VERSION,
            "created_at": "2026-01-01T00:00:00.000000Z",
            "created_by": api.get("/account").json(),
            "configuration": {"hardware": "gpu-t4", "min_instances": 0, "max_instances": 3},
        },
    }
    assert api.get(f"/deployments/{account}/fast").json() == created.json()
    assert api.get("/deployments").json()["results"] == [created.json()]


@pytest.mark.parametrize(
    ("changes", "status", "fields"),
    [
        ({}, 409, None),
        ({"name": "other", "version": "rubbish"}, 422, None),
        ({"name": "other", "model": "someone/something"}, 422, None),
        ({"name": ""}, 422, ["name"]),
        ({"name": "n" * 101}, 422, ["name"]),
        ({"max_instances": 21}, 422, ["max_instances"]),
        ({"min_instances": -1}, 422, ["min_instances"]),
        ({"hardware": 5}, 422, ["hardware"]),
        ({"name": "other", "min_instances": 4}, 422, ["min_instances"]),
        ({"name": "other", "min_instances": 0.5}, 422, ["min_instances"]),
    ],
)
def test_create__is_refused(api: httpx.Client, changes: dict[str, Any], status: int, fields: list[str] | None) -> None:
    """A name that is taken is a conflict; an unknown version is refused as in a create; invalid fields are named."""
    api.post("/deployments", json=BODY)

    response = api.post("/deployments", json={**BODY, **changes})

    assert response.status_code == status
    found = response.json().get("invalid_fields")
    assert found is None if fields is None else [one["field"] for one in found] == fields
    assert len(api.get("/deployments").json()["results"]) == 1


def test_update__makes_a_release(server: MockServer, api: httpx.Client, account: str) -> None:
    """Each change raises the number and sets the time; an empty one changes nothing."""
    first = api.post("/deployments", json=BODY).json()["current_release"]
    server.clock.advance(10)
    path = f"/deployments/{account}/fast"
    assert api.patch(path, json={}).json()["current_release"] == api.patch(path).json()["current_release"] == first

    second = api.patch(path, json={"version": OLDER, "max_instances": 5}).json()["current_release"]

    assert second == {
        **first,
        "number": 2,
        "version": OLDER,
        "created_at": "2026-01-01T00:00:10.000000Z",
        "configuration": {"hardware": "gpu-t4", "min_instances": 0, "max_instances": 5},
    }
    assert api.patch(path, json={"version": "rubbish"}).status_code == 422
    assert api.patch(path, json={"min_instances": 6}).status_code == 422
    assert api.get(path).json()["current_release"] == second


@pytest.mark.parametrize(
    ("changes", "field", "description"),
    [
        ({"min_instances": 4}, "min_instances", "Must be less than or equal to 3"),
        ({"min_instances": 2, "max_instances": 1}, "min_instances", "Must be less than or equal to 1"),
        ({"max_instances": 0}, "max_instances", "Must be greater than or equal to 1"),
    ],
)
def test_update__keeps_the_order_of_the_instances(
    api: httpx.Client, account: str, changes: dict[str, int], field: str, description: str
) -> None:
    """A deployment never has more instances at least than at most; a field that was sent is named."""
    created = api.post("/deployments", json={**BODY, "min_instances": 1}).json()
    path = f"/deployments/{account}/fast"

    response = api.patch(path, json=changes)

    assert response.status_code == 422
    assert [(one["field"], one["description"]) for one in response.json()["invalid_fields"]] == [(field, description)]
    assert api.get(path).json() == created


def test_instances__are_integers(server: MockServer, api: httpx.Client, account: str) -> None:
    """An integer that was sent as 1.0 comes back as 1, also from a restored server."""
    path = f"/deployments/{account}/fast"

    answers = [
        api.post("/deployments", json={**BODY, "min_instances": 1.0, "max_instances": 3.0}),
        api.patch(path, json={"max_instances": 2.0}),
        api.get(path),
    ]
    server.restore(server.snapshot())
    answers.append(api.get(path))

    found = [str(answer.json()["current_release"]["configuration"]) for answer in answers]
    first = str({"hardware": "gpu-t4", "min_instances": 1, "max_instances": 3})
    second = str({"hardware": "gpu-t4", "min_instances": 1, "max_instances": 2})
    assert found == [first, second, second, second]


def test_prediction__runs_the_release(server: MockServer, api: httpx.Client, account: str) -> None:
    """It names the deployment, and has the version of the release at that moment."""
    api.post("/deployments", json=BODY)
    path = f"/deployments/{account}/fast"
    first = api.post(f"{path}/predictions", json={"input": {"prompt": "x"}})
    api.patch(path, json={"version": OLDER})
    second = api.post(f"{path}/predictions", json={"input": {"prompt": "x"}}, headers={"Prefer": "wait=1"})

    assert (first.status_code, second.status_code) == (201, 202)
    bodies = [first.json(), second.json()]
    assert [(one["deployment"], one["version"]) for one in bodies] == [
        (f"{account}/fast", VERSION),
        (f"{account}/fast", OLDER),
    ]
    listed = api.get("/predictions").json()["results"]
    assert [one["deployment"] for one in listed] == [f"{account}/fast"] * 2
    assert api.post(f"{path}/predictions", json={"input": {"width": 1}}).status_code == 422


def test_prediction__names_the_deployment_without_its_owner() -> None:
    """Whether the service names the owner is not certain, so a setting leaves it out."""
    headers = {"Authorization": "Bearer any-token"}
    server = MockServer(deployment_names="short", account="acme")
    with httpx.Client(transport=server.transport, base_url="http://mock", headers=headers) as api:
        api.post("/deployments", json=BODY)
        prediction = api.post("/deployments/acme/fast/predictions", json={"input": {}}).json()

        assert prediction["deployment"] == "fast"
        assert api.delete("/deployments/acme/fast").status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"max_instances": 1}),
        ("DELETE", "", None),
        ("POST", "/predictions", {"input": {}}),
    ],
)
def test_deployment__that_is_not_there(
    server: MockServer, api: httpx.Client, account: str, method: str, path: str, body: Any
) -> None:
    """A 404 names it; the deployments of other accounts are not there, either."""
    api.post("/deployments", json=BODY)

    for name in (f"{account}/slow", "someone/fast"):
        response = api.request(method, f"/deployments/{name}{path}", json=body)
        assert response.status_code == 404 and f"deployment {name}" in response.json()["detail"]
    with httpx.Client(
        transport=server.transport, base_url=api.base_url, headers={"Authorization": "Bearer another-token"}
    ) as other:
        assert other.request(method, f"/deployments/{account}/fast{path}", json=body).status_code == 404
        assert other.get("/deployments").json()["results"] == []


def test_delete__needs_an_idle_deployment(server: MockServer, api: httpx.Client, account: str) -> None:
    """It can be deleted 15 minutes after the end of its last prediction, or at once without any."""
    api.post("/deployments", json=BODY)
    api.post("/deployments", json={**BODY, "name": "unused"})
    assert api.delete(f"/deployments/{account}/unused").status_code == 204
    path = f"/deployments/{account}/fast"
    server.scripts.add({"startup": 0, "run": 10})
    api.post(f"{path}/predictions", json={"input": {"prompt": "x"}})

    assert api.delete(path).status_code == 409
    server.clock.advance(10 + IDLE_SECONDS - 1)
    assert api.delete(path).status_code == 409
    server.clock.advance(1)
    response = api.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    assert api.get(path).status_code == 404


def test_version__in_use_cannot_be_deleted(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """Neither one that a deployment runs, nor one that a training is based on."""
    new_model()
    new_model("second")
    training = train(f"{account}/mine")
    server.clock.advance(60)
    version = api.get(f"/trainings/{training['id']}").json()["output"]["version"].rpartition(":")[2]
    path = f"/models/{account}/mine/versions/{version}"
    api.post("/deployments", json={**BODY, "model": f"{account}/mine", "version": version})

    assert api.delete(path).status_code == 409
    api.delete(f"/deployments/{account}/fast")
    body = {"destination": f"{account}/second", "input": {}}
    assert api.post(f"{path}/trainings", json=body).status_code == 201
    assert api.delete(path).status_code == 409
