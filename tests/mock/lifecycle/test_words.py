"""The texts of mock models."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeroscope_mock.lifecycle.words import caption, limit, reply, segments, subject_of, tokens, transcription


@given(st.text())
def test_tokens__add_up(text: str) -> None:
    """The tokens of any text are that text, and none is empty."""
    made = tokens(text)

    assert "".join(made) == text
    assert all(made)


def test_tokens__are_like_those_of_a_language_model() -> None:
    """Words bring the space before them, marks stand alone, and long words are several tokens."""
    assert tokens("Hello, unbelievable world!\n") == ["Hello", ",", " unbelieva", "ble", " world", "!", "\n"]


@pytest.mark.parametrize(
    ("max_tokens", "stop", "text"),
    [
        (None, (), "one two, three"),
        (2, (), "one two"),
        (0, (), "one two, three"),
        (-1, (), "one two, three"),
        (99, (), "one two, three"),
        (None, (",",), "one two"),
        (None, ("three", "two"), "one "),
        (None, ("", "four"), "one two, three"),
        (1, ("two",), "one"),
    ],
)
def test_limit__tokens_and_stops(max_tokens: int | None, stop: tuple[str, ...], text: str) -> None:
    """A text ends after the most tokens, or before the first stop."""
    assert "".join(limit("one two, three", max_tokens, stop)) == text


@pytest.mark.parametrize(
    ("prompt", "subject"),
    [
        ("What is a tide?", "What is a tide"),
        ("[INST] <<SYS>>\nBe brief\n<</SYS>>\n\nName a bird [/INST]", "Name a bird"),
        ("Human: Name a bird\nAI:", "Name a bird"),
        ("  two \t words  ", "two words"),
        ("", ""),
        ("?", ""),
        ("x" * 200, "x" * 80 + "…"),
        ("word " * 50, "word " * 15 + "word…"),
    ],
)
def test_subject__of_a_prompt(prompt: str, subject: str) -> None:
    """The subject is the last line that is no part of a template."""
    assert subject_of(prompt) == subject


def test_reply__names_the_subject_and_depends_on_the_seed() -> None:
    """A reply quotes the prompt; equal arguments give equal replies."""
    replies = {reply("What is a tide?", seed) for seed in range(20)}

    assert all("What is a tide" in one for one in replies)
    assert len(replies) > 10
    assert reply("What is a tide?", 3) == reply("What is a tide?", 3)
    assert reply("", 1) and reply("\ud800", 1)


def test_reply__json() -> None:
    """A prompt that asks for JSON gets an object."""
    assert set(json.loads(reply("List three birds as JSON.", 1))) == {"answer", "confidence", "tags"}


def test_segments__follow_each_other() -> None:
    """The segments of a transcription cover its text without a gap."""
    text = transcription(1)
    made = segments(text)

    assert " ".join(str(one["text"]) for one in made) == text
    assert [one["end"] for one in made[:-1]] == [one["start"] for one in made[1:]]
    assert len({caption(seed) for seed in range(50)}) > 10
