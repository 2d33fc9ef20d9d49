"""Prompts of a command line: given, asked for, or the model's own."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from cyclopts import Parameter

from .._service.spec import input_schema
from .._text import excerpt
from .errors import CommandError
from .input_options import TAKES_PROMPT
from .options import OPTIONS, Flag

_FIELD = input_schema()["properties"].get("prompt")
_DEFAULT = _FIELD.get("default") if TAKES_PROMPT else None
_DEFAULT_HELP = f"Use the model's own prompt: {excerpt(str(_DEFAULT), 100)}."
DefaultPrompt = Annotated[Flag, Parameter(group=OPTIONS, help=_DEFAULT_HELP, parse=_DEFAULT is not None)]
_YES = {"y", "yes"}
# The first words of the names of characters of scripts that do not separate words by spaces.
_UNSPACED = ("CJK ", "HIRAGANA ", "KATAKANA", "HALFWIDTH KATAKANA", "THAI ", "LAO ", "KHMER ", "MYANMAR ", "TIBETAN ")

DEFAULT_ADVICE = "" if _DEFAULT is None else "; or pass --default-prompt for the model's own"


def has_prompt(fields: Mapping[str, Any]) -> bool:
    """Whether an input has a prompt that is not blank, or the model takes none as text."""
    prompt = fields.get("prompt", "")
    # What is no string is left to the check against the spec.
    return not TAKES_PROMPT or not isinstance(prompt, str) or bool(prompt.strip())


def require_prompt(
    fields: Mapping[str, Any], use_default: bool, prompts: Sequence[str] = (), after: str = "zeroscope run"
) -> list[str]:
    """Return the prompts besides the fields: those given, or the one that the user writes when asked.

    Args:
        fields: The fields that are given as options; there may be a prompt among them.
        use_default: Whether the model's own prompt is asked for.
        prompts: The prompts that are given as arguments.
        after: The words after which a prompt is given.

    Raises:
        CommandError: If there is no prompt, or it is given in two ways.
    """
    if prompts and not TAKES_PROMPT:
        advice = (
            "the model takes no prompt" if _FIELD is None else "the model's prompt is not text; give it with --prompt"
        )
        raise CommandError(f"what is {prompts[0]!r} for? {advice}")
    forms = {"PROMPT": bool(prompts), "--prompt": "prompt" in fields, "--default-prompt": use_default}
    given = [form for form, is_given in forms.items() if is_given]
    if len(given) > 1:
        raise CommandError(f"the prompt is given twice, as {' and as '.join(given)}")
    texts = prompts or ([fields["prompt"]] if "prompt" in fields else [])
    if not all(has_prompt({"prompt": text}) for text in texts):
        raise CommandError(f"a prompt is empty: write what the video should show{DEFAULT_ADVICE}")
    return list(prompts) if given or not TAKES_PROMPT else [_ask(after)]


def require_quotes(prompts: Sequence[str]) -> None:
    """Refuse several prompts of which one is a single word: each would be paid for, and more likely there is one.

    On a terminal, the user may say that there are several.

    Raises:
        CommandError: If there is no terminal, or the answer is not yes.
    """
    words = [prompt for prompt in prompts if _is_word(prompt)]
    if not words or len(prompts) < 2:
        return
    listed = "".join(f"  {excerpt(repr(prompt), 100)}\n" for prompt in prompts)
    if _answer(f"{len(prompts)} prompts, each for a video of its own:\n{listed}Make them? [y/N] ").lower() in _YES:
        return
    raise CommandError(
        f"there are {len(prompts)} prompts, and {words[0]!r} is a single word: put quotes around a prompt of "
        "several words; for prompts of one word, use `zeroscope batch -`, which reads one from each line"
    )


def _is_word(prompt: str) -> bool:
    """Tell whether a prompt may be a part of one that the shell has split: not where no spaces separate words."""
    return len(prompt.split()) < 2 and not any(unicodedata.name(each, "").startswith(_UNSPACED) for each in prompt)


def _answer(question: str) -> str:
    """Read the answer to a question from the terminal; empty where there is none."""
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stderr.isatty():
        return ""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _ask(after: str) -> str:
    """Read a prompt from the terminal, if there is one."""
    if prompt := _answer("Prompt: "):
        return prompt
    raise CommandError(f"there is no prompt: write what the video should show after {after}, in quotes{DEFAULT_ADVICE}")
