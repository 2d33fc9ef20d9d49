"""Texts of mock models: replies, transcriptions, captions, and their tokens.

All of them depend on their arguments alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from ..randomness import random_bytes

_OPENINGS = (
    "You asked about “{}”.",
    "Here is a short answer to “{}”.",
    "Let us look at “{}”.",
    "Thank you for your question about “{}”.",
)
_GREETINGS = ("Hello! How can I help you today?", "Hi there! What would you like to know?")
_SENTENCES = (
    "The short answer is that it depends on what matters most to you.",
    "There are two common approaches, and both have their place.",
    "The first is quick to set up; the second takes longer, but is easier to extend.",
    "Most people begin with a small example and build on it from there.",
    "A good rule of thumb is to change one thing at a time.",
    "Pay attention to the details, because they decide how well the result holds up.",
    "If something is unclear, write it down in one sentence and see what is missing.",
    "In practice, the difference is smaller than it looks at first.",
    "It also helps to see how others have solved the same problem.",
    "None of this needs special tools, only a little patience.",
)
_CLOSINGS = (
    "Let me know if you would like an example.",
    "I hope this helps.",
    "Tell me more, and I can be more specific.",
)
_SPOKEN = (
    "Good morning, and welcome back to the show.",
    "Today we are talking about lighthouses and the people who keep them.",
    "The first one was lit more than two thousand years ago.",
    "You could see its fire from thirty miles away.",
    "Most of them run by themselves now.",
    "But a few still have a keeper, and we went to visit one.",
    "She has lived on the island for almost twenty years.",
    "Thank you for listening, and see you next week.",
)
_SUBJECTS = ("a lighthouse", "a bicycle", "a red fox", "a sailing boat", "an old bridge", "a cup of coffee", "two dogs")
_SURROUNDINGS = (
    "on a rocky shore at sunset",
    "in front of a brick wall",
    "in a field of tall grass",
    "under a clear blue sky",
    "on a wooden table by a window",
)
_LABELS = ("lighthouse", "bicycle", "fox", "boat", "bridge", "cup", "dog", "tree", "person", "clock")

_SHOWN = 80
_LOOKED_AT = 4000
_ROLE = re.compile(r"^(?:human|user|assistant|ai|system|question|q|answer|a)\s*:\s*", re.IGNORECASE)
_TEMPLATE = re.compile(r"<[^<>\n]{1,40}>|\[/?[A-Z_]{2,20}\]")
_DESCRIBE = re.compile(r"describe|description|caption|what(?:'s| is) (?:in|shown)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
# Like the tokens of a language model: a word with the space before it, or the next letters of a long word; a run of
# one mark; a single space or line break. Together they are the text.
_TOKEN = re.compile(r" ?[^\W\d_]{1,9}|[^\W\d_]{1,9}| ?\d{1,3}| ?([^\w\s])\1*|\s|.", re.DOTALL)
LETTERS_PER_SECOND = 15
"""How fast a text is read aloud. The mock's own choice."""


def tokens(text: str) -> list[str]:
    """The tokens of a text, which add up to it.

    Example:
        >>> tokens("Hello, world!")
        ['Hello', ',', ' world', '!']
    """
    return [found[0] for found in _TOKEN.finditer(text)]


def limit(text: str, max_tokens: int | None = None, stop: Iterable[str] = ()) -> list[str]:
    """The tokens of a text up to a limit.

    Args:
        max_tokens: The most tokens; None or less than 1 for no limit.
        stop: The texts before the first of which it ends.
    """
    ends = [end for one in stop if one and (end := text.find(one)) >= 0]
    made = tokens(text[: min(ends)] if ends else text)
    return made[:max_tokens] if max_tokens is not None and max_tokens > 0 else made


def reply(prompt: str, seed: int) -> str:
    """A reply to a prompt, as of a chat model: a few sentences, or a JSON object if the prompt mentions JSON."""
    random = random_bytes(f"reply {seed} {prompt!a}")
    subject = subject_of(prompt)
    opening = _OPENINGS[random[0] % len(_OPENINGS)].format(subject) if subject else _choice(_GREETINGS, random[0])
    middle = _some(_SENTENCES, 3 + random[1] % 3, random[2:])
    if "json" in prompt[:_LOOKED_AT].lower():
        answer = {"answer": middle[0], "confidence": 0.5 + random[1] / 512, "tags": list(_some(_LABELS, 2, random[2:]))}
        return json.dumps(answer)
    first = " ".join((opening, *middle[:2]))
    rest = " ".join((*middle[2:], _choice(_CLOSINGS, random[-1])))
    return f"{first}\n\n{rest}" if len(middle) > 3 else f"{first} {rest}"


def subject_of(prompt: str) -> str:
    """What a prompt is about: its last line without roles and the marks of chat templates, shortened."""
    lines = [_ROLE.sub("", line.strip()) for line in _TEMPLATE.sub("\n", prompt[-_LOOKED_AT:]).splitlines()]
    text = next((" ".join(line.split()) for line in reversed(lines) if line), "").rstrip(" .?!:")
    if len(text) <= _SHOWN:
        return text
    return text[:_SHOWN].rpartition(" ")[0].rstrip(" ,;:") + "…" if " " in text[:_SHOWN] else f"{text[:_SHOWN]}…"


def transcription(seed: int) -> str:
    """The words of a recording."""
    start = seed % 3
    return " ".join(_SPOKEN[start : start + 4])


def caption(seed: int) -> str:
    """What a picture shows."""
    random = random_bytes(f"caption {seed}")
    return f"{_choice(_SUBJECTS, random[0])} {_choice(_SURROUNDINGS, random[1])}"


def asks(prompt: str) -> bool:
    """Whether a prompt for a picture is a question about it, and not a request to describe it."""
    return bool(prompt.strip()) and not _DESCRIBE.search(prompt[:_LOOKED_AT])


def label(number: int) -> str:
    """The name of a class of things, by a number."""
    return _choice(_LABELS, number)


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return _SENTENCE_END.split(text)


def segments(text: str) -> list[dict[str, object]]:
    """The sentences of a spoken text, each with its start and end in seconds."""
    made: list[dict[str, object]] = []
    start = 0.0
    for number, sentence in enumerate(sentences(text)):
        end = round(start + len(sentence) / LETTERS_PER_SECOND, 2)
        made.append({"id": number, "start": start, "end": end, "text": sentence, "speaker": f"SPEAKER_{number % 2:02}"})
        start = end
    return made


def _choice(texts: Sequence[str], number: int) -> str:
    return texts[number % len(texts)]


def _some(texts: Sequence[str], count: int, random: bytes) -> list[str]:
    """Some of the texts, in their order."""
    ranked = sorted(range(len(texts)), key=lambda place: random[place])
    return [texts[place] for place in sorted(ranked[:count])]
