"""Messages about errors, in the words of the command."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.client import prediction_body
from helpers.command import Command
from zeroscope import APIError, InvalidInputError, Prediction, PredictionFailedError, Zeroscope
from zeroscope._service.api import PredictionModel
from zeroscope.cli import predictions as commands
from zeroscope.cli.errors import FAILED, INTERRUPTED, SERVICE, USAGE, CommandError, advise_command
from zeroscope.cli.messages import exit_code, message
from zeroscope.errors import ConfigurationError, InvalidField
from zeroscope_mock import MockServer


@pytest.mark.parametrize("token", [None, "", " "])
def test_token__that_is_missing_says_where_tokens_come_from(
    command: Command, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    """Without a token, the command names the variable, the page with tokens, and --mock, but no argument."""
    monkeypatch.setattr(commands.Service, "client", lambda service: Zeroscope(base_url=service.base_url))
    if token is None:
        monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)
    else:
        monkeypatch.setenv("REPLICATE_API_TOKEN", token)
    outcome = command("run", "a lighthouse")
    assert outcome.code == 2 and "token=" not in outcome.err and "--token" not in outcome.err
    for said in ("set REPLICATE_API_TOKEN", "https://replicate.com/account/api-tokens", "--mock"):
        assert said in outcome.err


def test_token__that_is_refused_says_where_tokens_come_from(command: Command, server: MockServer) -> None:
    """A 401 names the page with the account's tokens."""
    server.faults.add(operation="createPrediction", status=401)
    outcome = command("run", "a lighthouse")
    assert outcome.code == 3 and "https://replicate.com/account/api-tokens" in outcome.err


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the file exists, pass overwrite=True to replace it", "the file exists, pass --overwrite to replace it"),
        ("or pass a copy that you saved as init_video=", "or pass a copy that you saved as --init-video"),
        ("correct it, or pass http_client=", "correct it, or pass --http-client"),
        (
            "search for it with .find() on this error, or in predictions.list(), before you create it again",
            "search for it with zeroscope list, before you create it again",
        ),
        ("for 60 minutes, create it again", "for 60 minutes, make it again with zeroscope run"),
        ("after 60 minutes; create it again", "after 60 minutes; make it again with zeroscope run"),
        ("https://h.test/?pass=1 and use=2", "https://h.test/?pass=1 and use=2"),
    ],
)
def test_advice__names_options(text: str, shown: str) -> None:
    """Arguments and methods of the library become options and commands."""
    assert advise_command(text) == shown


def test_invalid_fields__are_named_as_options(command: Command, server: MockServer) -> None:
    """Each invalid field of the input and each invalid option is named as it is on the command line."""
    outcome = command("run", "a lighthouse", "--width", "1", "--num-inference-steps", "0", "--timeout", "-1")
    assert outcome.code == 2 and len(server.journal) == 0
    assert "--timeout: " in outcome.err and "timeout=" not in outcome.err
    outcome = command("run", "a lighthouse", "--width", "1", "--num-inference-steps", "0")
    assert "\n  - --num-inference-steps: 0 is too small" in outcome.err and "\n  - --width: 1 is too" in outcome.err
    assert "input." not in outcome.err
    nested = InvalidInputError([InvalidField("type", "input.prompts.1", "5 is not of type string")])
    assert "\n  - --prompts.1: 5 is not" in message(nested)
    whole = InvalidInputError([InvalidField("required", "input", '"image" is a required property')])
    assert '\n  - input: "image" is a required property' in message(whole)


@pytest.mark.parametrize(
    ("logs", "quoted"),
    [
        ("Using seed: 7\n 38%|███▊      | 19/50 [00:02<00:01, 15.8it/s]\n", "; its last log line: Using seed: 7"),
        ("CUDA out of memory\n 0%|   | 0/50 [00:00<?, ?it/s]\r 2%|   | 1/50 [00:00<?, ?it/s]", "CUDA out of memory"),
        ("a\nb\n\n", "; its last log line: b"),
        (" 0%|   | 0/50 [00:00<?, ?it/s]", "failed: out of luck"),
        ("", "failed: out of luck"),
    ],
)
def test_progress_bars__are_no_part_of_an_error(logs: str, quoted: str) -> None:
    """The last log line in an error is one that says something, not a progress bar of tqdm."""
    body = prediction_body("failed", logs=logs, error="out of luck")
    with pytest.raises(PredictionFailedError) as caught:
        Prediction(PredictionModel.from_dict(body)).raise_for_status()
    assert str(caught.value).endswith(quoted) and "it/s" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandError("x", 7), 7),
        (KeyboardInterrupt(), INTERRUPTED),
        (InvalidInputError([]), USAGE),
        (ConfigurationError("x"), USAGE),
        (OSError(28, "No space left on device"), USAGE),
        (APIError(request="GET /", status_code=500), SERVICE),
        (PredictionFailedError(Prediction(PredictionModel.from_dict(prediction_body("failed"))), "failed"), FAILED),
    ],
)
def test_exit_code__is_that_of_the_kind_of_error(error: Any, code: int) -> None:
    """Each kind of error has its exit code."""
    assert exit_code(error) == code
