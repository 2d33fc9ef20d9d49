"""The control operations on predictions: lists, filters, single ones and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.control import runs

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
OTHER = {"Authorization": "Bearer another-token-of-a-test"}


@pytest.fixture
def control(server: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as client:
        yield client


def create(api: httpx.Client, headers: dict[str, str] | None = None, **input: Any) -> str:
    body = {"version": VERSION, "input": {"prompt": "x", **input}}
    response = api.post("/predictions", json=body, headers=headers)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def listed(control: httpx.Client, headers: Mapping[str, str] | None = None, /, **parameters: Any) -> dict[str, Any]:
    response = control.get("/predictions", params=parameters, headers=headers)
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page


def ids(page: dict[str, Any]) -> list[str]:
    return [one["id"] for one in page["predictions"]]


def test_list__has_all_tenants_newest_first(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """Predictions and trainings of all tokens are on one list; with a token, only its own."""
    first, second = create(api), create(api, OTHER)
    model = {
        "owner": api.get("/account").json()["username"],
        "name": "mine",
        "visibility": "private",
        "hardware": "cpu",
    }
    assert api.post("/models", json=model).status_code == 201
    training = api.post(
        f"/models/anotherjesse/zeroscope-v2-xl/versions/{VERSION}/trainings",
        json={"destination": f"{model['owner']}/mine", "input": {}},
    )
    assert training.status_code == 201, training.text

    page = listed(control)

    assert ids(page) == [training.json()["id"], second, first]
    assert [one["kind"] for one in page["predictions"]] == ["training", "prediction", "prediction"]
    assert (page["total"], page["next"]) == (3, None)
    mine = listed(control, OTHER)
    assert (ids(mine), mine["total"]) == ([second], 1)


def test_summary__says_what_a_client_sees(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """Status, progress, times and output change with the clock."""
    server.scripts.add({"startup": 1, "run": 10, "outputs": 2, "gradual": True})
    create(api)
    shown = []
    for seconds in (0.5, 5.5, 2, 10):
        server.clock.advance(seconds)
        one = listed(control)["predictions"][0]
        shown.append((one["status"], one["progress"], len(one["files"])))
        assert one["output"] == ([file["url"] for file in one["files"]] or None)

    assert shown == [("starting", 0, 0), ("processing", 0.5, 1), ("processing", 0.7, 2), ("succeeded", 1, 2)]
    assert (one["created"], one["started"], one["ended"]) == tuple(server.clock.time() - ago for ago in (18, 17, 7))
    assert (one["model"], one["version"], one["deployment"]) == ("anotherjesse/zeroscope-v2-xl", VERSION, None)
    assert (one["error"], one["removed"], one["stream"], one["input"]) == (None, False, True, {"prompt": "x"})


@pytest.mark.parametrize("outcome", ["failed", "canceled", "aborted"])
def test_progress__of_what_has_ended_is_whole(
    server: MockServer, control: httpx.Client, api: httpx.Client, outcome: str
) -> None:
    """However a prediction ended, nothing more is to come."""
    server.scripts.add({"outcome": outcome, **({"error": "no luck"} if outcome == "failed" else {})})
    create(api)
    server.clock.advance(600)

    one = listed(control)["predictions"][0]

    assert (one["status"], one["progress"], one["output"]) == (outcome, 1, None)
    assert one["error"] == ("no luck" if outcome == "failed" else None)


def test_data__is_removed_from_the_list_as_well(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """After an hour, input, output and files are gone."""
    create(api)
    server.clock.advance(7200)
    one = listed(control)["predictions"][0]
    assert (one["removed"], one["input"], one["output"], one["files"]) == (True, {}, None, [])


def test_pages__have_each_prediction_once(control: httpx.Client, api: httpx.Client) -> None:
    """Pages follow each other without gaps, also while new predictions arrive."""
    made = [create(api) for _ in range(7)]
    found, before = [], None
    for _ in range(4):
        page = listed(control, limit=2, **({} if before is None else {"before": before}))
        found += ids(page)
        before = page["next"]
        create(api)

    assert found == made[::-1] and before is None


def test_pages__go_on_after_drops_and_resets(api: httpx.Client) -> None:
    """What was dropped or removed is left out, and the numbers of the others stay."""
    server = MockServer(prediction_limit=4)
    with httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=OTHER) as client:
        for number in range(6):
            create(client, {"Authorization": f"Bearer token-number-{number % 2}"})
        with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as control:
            assert (listed(control)["total"], len(ids(listed(control)))) == (4, 4)
            page = listed(control, limit=1)
            control.post("/reset", headers={"Authorization": "Bearer token-number-0"})
            assert [len(ids(listed(control))), len(ids(listed(control, before=page["next"])))] == [2, 1]
            # The next drop is of the oldest that is left.
            for _ in range(3):
                create(client, {"Authorization": "Bearer token-number-0"})
            assert len(ids(listed(control))) == 4


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"status": "succeeded"}, [0, 1]),
        ({"status": "starting"}, [2]),
        ({"status": "failed"}, []),
        ({"model": "ZEROSCOPE"}, [0, 1, 2]),
        ({"model": "flux"}, []),
        ({"text": "HORSE"}, [0]),
        ({"text": "output-0"}, []),
        ({"text": "24"}, [1]),
        ({"text": "horse", "status": "starting"}, []),
        ({"tenant": "account-0f6ddbf4"}, []),
    ],
)
def test_filters__leave_only_what_fits(
    server: MockServer, control: httpx.Client, api: httpx.Client, parameters: dict[str, str], found: list[int]
) -> None:
    """Each filter names what a person looks for, in any case."""
    made = [create(api, prompt="A horse"), create(api, prompt="A cat", num_frames=24)]
    server.clock.advance(60)
    made.append(create(api))
    assert sorted(ids(listed(control, None, **parameters))) == sorted(made[number] for number in found)


def test_filter__by_tenant_or_its_account(control: httpx.Client, api: httpx.Client) -> None:
    """Either name of a tenant is understood."""
    create(api)
    id = create(api, OTHER)
    one = next(one for one in listed(control)["predictions"] if one["id"] == id)
    assert ids(listed(control, tenant=one["tenant"])) == ids(listed(control, tenant=one["account"])) == [id]


def test_filtered_pages__have_each_prediction_once(control: httpx.Client, api: httpx.Client) -> None:
    """A page that is full before all were looked at goes on right behind its last one."""
    wanted = [create(api, prompt="A horse") for number in range(8) if create(api, prompt=str(number))]
    found, before = list[str](), None
    while True:
        page = listed(control, text="horse", limit=3, **({} if before is None else {"before": before}))
        found += ids(page)
        before = page["next"]
        if before is None:
            break
    assert found == wanted[::-1]


def test_filters__look_at_a_bounded_number(
    control: httpx.Client, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filtered page ends after so many predictions, with the number at which the next one goes on."""
    monkeypatch.setattr(runs, "_MAX_SCANNED", 4)
    wanted = create(api, prompt="A horse")
    for _ in range(9):
        create(api)
    pages = [listed(control, text="horse")]
    while pages[-1]["next"] is not None:
        pages.append(listed(control, text="horse", before=pages[-1]["next"]))

    assert [ids(page) for page in pages] == [[], [], [wanted]]


def test_long_values__are_cut_in_the_list_only(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """A picture in a data URI would make the list as long as all pictures together."""
    picture = "data:image/png;base64," + "A" * 500_000
    server.scripts.add({"output": ["y" * 5000] * 1000, "gradual": False})
    id = create(api, init_video=picture)
    server.clock.advance(60)

    one, whole = listed(control)["predictions"][0], control.get(f"/predictions/{id}").json()

    assert one["input"]["init_video"] == picture[:2000] + "…"
    assert [len(text) for text in one["output"]] == [2001] * 500
    assert whole["input"]["init_video"] == picture
    assert whole["output"] == ["y" * 5000] * 1000


@pytest.mark.parametrize(
    "parameters",
    [{"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"before": -1}, {"status": "done"}, {"colour": "red"}],
)
def test_list__refuses_what_it_does_not_know(control: httpx.Client, parameters: dict[str, Any]) -> None:
    """A wrong parameter is named."""
    response = control.get("/predictions", params=parameters)
    assert response.status_code == 422
    assert [one["field"] for one in response.json()["invalid_fields"]] == list(parameters)


def test_prediction__is_read_without_being_moved_on(
    server: MockServer, control: httpx.Client, api: httpx.Client
) -> None:
    """It has all that the API says, and a look at it is no read."""
    server.scripts.add({"reads": 3, "progression": "reads"})
    id = create(api)
    for _ in range(5):
        control.get(f"/predictions/{id}")
    whole = control.get(f"/predictions/{id}").json()
    assert (whole["status"], whole["logs"]) == ("starting", "")
    assert [one["operation"] for one in whole["exchanges"]] == ["createPrediction"]
    assert len(server.journal) == 1
    server.clock.advance(0)
    read = api.get(f"/predictions/{id}").json()
    whole = control.get(f"/predictions/{id}").json()
    assert read["status"] == whole["status"] == "processing" and whole["logs"] == read["logs"]
    assert {**whole["json"], "urls": {}} == {**read, "urls": {}}


@pytest.mark.parametrize("path", ["/predictions/nothing", "/predictions/nothing/files/0"])
def test_unknown_prediction__is_not_found(control: httpx.Client, path: str) -> None:
    """The answer says where to look."""
    response = control.get(path)
    assert (response.status_code, response.json()["detail"]) == (
        404,
        "there is no prediction 'nothing'; /_mock/predictions lists them",
    )


def test_prediction__of_another_token_is_not_found(control: httpx.Client, api: httpx.Client) -> None:
    """A token sees only its own."""
    id = create(api)
    assert control.get(f"/predictions/{id}", headers=OTHER).status_code == 404
    assert control.get(f"/predictions/{id}").status_code == 200


def test_files__are_served_without_an_exchange(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """They are those of the API, in ranges too, and neither journal nor faults see the download."""
    id = create(api, width=256, height=256, num_frames=1)
    server.clock.advance(60)
    file = control.get(f"/predictions/{id}").json()["files"][0]
    content = httpx.Client(transport=server.transport).get(file["url"]).content
    fault = server.faults.add(status=503)
    exchanges = len(server.journal)

    whole, part = control.get(file["path"]), control.get(file["path"], headers={"Range": "bytes=0-9"})
    head = control.head(file["path"])

    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, content, file["content_type"])
    assert (part.status_code, part.content) == (206, content[:10])
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))
    assert control.get(file["path"].replace("files/0", "files/1")).status_code == 404
    assert len(server.journal) == exchanges and not fault.seen
    fault.remove()
    server.clock.advance(3600)
    assert control.get(file["path"]).status_code == 404


def test_inline_files__have_urls_in_the_list(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """Only the JSON of one prediction has the whole file in it."""
    server.scripts.add({"inline": True})
    id = create(api, width=256, height=256, num_frames=1)
    server.clock.advance(60)

    whole = control.get(f"/predictions/{id}").json()

    assert whole["output"] == [whole["files"][0]["url"]]
    assert whole["json"]["output"] == api.get(f"/predictions/{id}").json()["output"]
    assert whole["json"]["output"][0].startswith("data:video/mp4;base64,")
