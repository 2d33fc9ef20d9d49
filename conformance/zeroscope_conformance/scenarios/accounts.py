"""Requests for predictions under the tokens of other accounts, and of none."""

from __future__ import annotations

from functools import partial

from ..detect import WRONG_TOKEN
from ..exchange import Exchange
from ..parallel import run_at_once
from ..target import Target

_RULE = "accounts-separate"
_SLOW = "slow 1000"
_UNAUTHORIZED, _NOT_FOUND = 401, 404


def separate_accounts(target: Target, other_token: str | None = None) -> None:
    """Read, list and cancel a running prediction under its token and under others, one after another and at once.

    Args:
        other_token: A token of another account that the server accepts.
    """
    if "secret-stays" in target.results:
        _compare_secrets(target)
    created, _ = target.create(target.document.scripted_input(_SLOW))
    id = created["id"]
    strangers: dict[str, str | None] = {"no token": None, "an unknown token": WRONG_TOKEN}
    if other_token is not None:
        strangers["another account's token"] = other_token
    # A cache would have both now.
    target.get(id)
    target.call("listPredictions")
    for words, token in strangers.items():
        for operation in ("getPrediction", "listPredictions", "cancelPrediction"):
            exchange = target.call(operation, id=id, token=token)
            _check_stranger(target, exchange, id, words)
        shown, exchange = target.get(id)
        expected = f"{id} runs on after a cancel with {words}"
        target.results.check(_RULE, shown["status"] != "canceled", expected, exchange.summary, exchange)
    own = partial(target.call, "getPrediction", id=id)
    others = [partial(target.call, "getPrediction", id=id, token=token) for token in strangers.values()]
    _, *answers = run_at_once(target.tracker, [own, *others])
    for words, answer in zip(strangers, answers, strict=True):
        if answer is not None:
            _check_stranger(target, answer, id, words)
    target.cancel(id)


def _check_stranger(target: Target, exchange: Exchange, id: str, words: str) -> None:
    """Check that a request under another token got nothing of a prediction."""
    if words == "another account's token" and exchange.operation == "listPredictions":
        passed = exchange.status == 200 and id not in [entry.get("id") for entry in exchange.page_entries]
        expected = f"a list without {id}"
    else:
        status = _NOT_FOUND if words == "another account's token" else _UNAUTHORIZED
        passed, expected = exchange.status == status, f"{status}"
    expected = f"{expected} for {exchange.method} {exchange.url} with {words}"
    target.results.check(_RULE, passed, expected, exchange.summary, exchange)


def _compare_secrets(target: Target) -> None:
    """Read the webhook secret twice."""
    first, second = (target.call("getDefaultWebhookSecret") for _ in range(2))
    passed = first.status == second.status and first.json == second.json
    expected, seen = f"the same secret as before, in {first.status}", f"another one, in {second.status}"
    target.results.check("secret-stays", passed, expected, seen, second)
