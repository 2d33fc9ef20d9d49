"""The IDs and URLs by which commands name predictions."""

from __future__ import annotations

import json

import pytest

from helpers.command import Command
from zeroscope.cli.errors import CommandError
from zeroscope.cli.predictions import prediction_id
from zeroscope_mock import MockServer

ID = "gm3qorzdhgbfurvjtvhg6dckhu"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"https://replicate.com/p/{ID}",
        f"https://replicate.com/p/{ID}/?tab=logs#end",
        f"https://api.replicate.com/v1/predictions/{ID}",
        f"https://api.replicate.com/v1/predictions/{ID}/cancel",
        f"http://127.0.0.1:8000/predictions/{ID}",
    ],
)
def test_url__has_the_id(text: str) -> None:
    """The URL of a prediction's page, and those of the API, stand for its ID."""
    assert prediction_id(text) == ID


@pytest.mark.parametrize(
    "text",
    [
        "https://replicate.com",
        "https://replicate.delivery/a/output-0.mp4",
        "http://[::1/p/x",
        "https://x/predictions/..",
        "https://replicate.com/anotherjesse/zeroscope-v2-xl",
        "https://replicate.com/p",
        "https://api.replicate.com/v1/predictions",
    ],
)
def test_url__of_something_else_is_refused(text: str) -> None:
    """No part of a URL without an ID is sent as one, and the message shows what the URL of a prediction looks like."""
    forms = "such as https://replicate.com/p/ID or https://api.replicate.com/v1/predictions/ID"
    with pytest.raises(CommandError, match=f"is not the URL of a prediction; pass its ID, or a URL {forms}$") as caught:
        prediction_id(text)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["get", "wait", "cancel"])
def test_several__are_handled_one_by_one(command: Command, server: MockServer, name: str) -> None:
    """Each command takes several predictions, as IDs or URLs, and prints them in order."""
    with server.client() as client:
        made = [client.predictions.create({"prompt": "A lighthouse"}) for _ in range(3)]
    outcome = command(name, made[0].id, str(made[1].urls["web"]), str(made[2].urls["get"]), "--json")
    assert outcome.code == 0
    decoder, text, ids = json.JSONDecoder(), outcome.out, []
    while text.strip():
        body, end = decoder.raw_decode(text.strip())
        ids.append(body["id"])
        text = text.strip()[end:]
    assert ids == [prediction.id for prediction in made]


def test_several__go_on_after_a_failure(command: Command, server: MockServer) -> None:
    """A prediction that cannot be shown or canceled does not keep the others from it, and all errors are told."""
    with server.client() as client:
        made = [client.predictions.create({"prompt": "mock:slow"}) for _ in range(2)]
        outcome = command("cancel", "missing", made[0].id, "absent", made[1].id)
        assert {client.predictions.get(each.id).status for each in made} == {"canceled"}
    assert outcome.code == 3 and outcome.out.count("status:       canceled") == 2
    assert "no prediction missing" in outcome.err and "no prediction absent" in outcome.err


def test_wait__saves_the_videos_of_several(command: Command, server: MockServer) -> None:
    """The videos of several predictions get the names of these, or are numbered."""
    with server.client() as client:
        ids = [client.predictions.create({"prompt": "A lighthouse"}).id for _ in range(2)]
    for output, names in (("a.mp4", ["a-0.mp4", "a-1.mp4"]), (".", [f"{id}.mp4" for id in ids])):
        outcome = command("wait", *ids, "-o", output)
        assert [line.partition(":")[0] for line in outcome.out.splitlines()] == names


@pytest.mark.parametrize("name", ["get", "wait", "cancel"])
def test_unknown_id__names_the_account(command: Command, server: MockServer, name: str) -> None:
    """A 404 says that this account has no such prediction, and which account and service were asked."""
    outcome = command(name, "https://replicate.com/p/unknown")
    assert outcome.code == 3
    assert (
        "This account has no prediction unknown: that of the token in REPLICATE_API_TOKEN, at "
        f"{server.client().base_url}. zeroscope list shows what it has."
    ) in outcome.err
