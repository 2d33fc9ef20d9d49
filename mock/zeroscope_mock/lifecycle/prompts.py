"""The prompts that steer a prediction, as test card numbers steer a payment.

| prompt | what happens |
|---|---|
| `mock:fail MESSAGE` | fails with that error halfway through |
| `mock:slow SECONDS` | runs for at least so many seconds, or 10 if it does not say |
| `mock:abort` | ends as `aborted` before it starts |
| `mock:expire` | succeeds, but its input, output and logs are already removed |
| `mock:empty` | succeeds without a single output |

Any text of the input that begins with `mock:` steers, in whatever field and however deep, such as a message of a chat;
of several, `prompt` does, else the first one. The text after `mock:fail` is the error, and that after `mock:slow` a
number of seconds; after the other words it has no meaning. An unknown word fails with a list of the known ones, so
that a typing error is not taken for success.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .model_input import PREFIX
from .script import Script

_SLOW_SECONDS = 10.0
_SECONDS = re.compile(r"[0-9]{1,6}")


def steering_text(sent: Mapping[str, Any]) -> str | None:
    """The text of an input that steers its prediction; None if there is none.

    Args:
        sent: The input as the client sent it.
    """
    prompt = sent.get("prompt")
    if isinstance(prompt, str) and prompt.startswith(PREFIX):
        return prompt
    # A loop, because values may be nested more deeply than functions.
    levels = [iter(sent.values())]
    while levels:
        for value in levels[-1]:
            kind = type(value)
            if kind is str:
                if value.startswith(PREFIX):
                    return str(value)
            elif kind is dict or kind is list:
                levels.append(iter(value.values() if kind is dict else value))
                break
        else:
            levels.pop()
    return None


def apply_prompt(prompt: str, script: Script) -> Script:
    """The script of a prediction with a prompt: changed if the prompt steers it, otherwise the one given."""
    if not prompt.startswith(PREFIX) or script.outcome == "failed":
        return script
    word, _, rest = prompt.removeprefix(PREFIX).partition(" ")
    change = PROMPTS.get(word.strip())
    return change(script, rest.strip()) if change else _unknown(script, word.strip())


def _fail(script: Script, message: str) -> Script:
    error = message or "the model failed because the prompt asked for it"
    return replace(script, run_seconds=script.run_seconds / 2, outcome="failed", error=error)


def _slow(script: Script, least: str) -> Script:
    seconds = max(script.run_seconds, float(least) if _SECONDS.fullmatch(least) else _SLOW_SECONDS)
    return replace(script, run_seconds=seconds, rate=script.steps / seconds)


def _abort(script: Script, _: str) -> Script:
    return replace(script, outcome="aborted")


def _expire(script: Script, _: str) -> Script:
    return replace(script, removed=True)


def _empty(script: Script, _: str) -> Script:
    return replace(script, output=[] if isinstance(script.output, list) else None)


def _unknown(script: Script, word: str) -> Script:
    known = ", ".join(f"{PREFIX}{name}" for name in PROMPTS)
    return _fail(script, f"there is no prompt {PREFIX}{word}; there are {known}")


PROMPTS: dict[str, Callable[[Script, str], Script]] = {
    "fail": _fail,
    "slow": _slow,
    "abort": _abort,
    "expire": _expire,
    "empty": _empty,
}
"""The functions that change a script, by the word after `mock:`; each also takes the rest of the prompt."""
