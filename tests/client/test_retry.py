"""Pauses before a retry and between polls."""

from __future__ import annotations

import copy
import pickle
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from zeroscope import ConfigurationError, Polling, Progress, Retry
from zeroscope.polling import PollSchedule
from zeroscope.retry import retry_after

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "detail", "body", "expected"),
    [
        ({"retry-after": "7"}, None, None, 7),
        ({"retry-after": "1.5"}, None, None, 1.5),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=9), usegmt=True)}, None, None, 9),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=9), usegmt=True)}, None, None, 0),
        ({"retry-after": "7", "ratelimit-reset": "8"}, "resets in ~9s", 10, 7),
        ({"retry-after": "soon"}, None, 5, 5),
        ({"retry-after": "Thu, 99999999999999999999 Jan 2024 00:00:00 GMT"}, None, 5, 5),
        ({"retry-after": "-1"}, None, 5, 5),
        ({"retry-after": "inf"}, None, 5, 5),
        ({"ratelimit-reset": "8"}, "resets in ~9s", 10, 10),
        ({"ratelimit-reset": "8"}, "Request was throttled. Your rate limit resets in ~30s.", None, 30),
        ({"ratelimit-reset": "8"}, "Request was throttled. Expected available in 1 second.", None, 1),
        ({"ratelimit-reset": "8"}, "Request was throttled.", None, 8),
        ({"ratelimit-reset": "nonsense"}, None, None, None),
        ({}, None, True, None),
        ({}, None, "5", 5),
        ({}, None, [5], None),
        ({}, None, None, None),
    ],
)
def test_retry_after__is_found_wherever_it_is(
    headers: dict[str, str], detail: str | None, body: Any, expected: float | None
) -> None:
    """Header, body, words and the rate limit's own header are asked in this order."""
    assert retry_after(headers, detail, body, NOW.timestamp()) == expected


def test_pause__doubles_up_to_its_limit() -> None:
    """Without a word from the service the pauses double, spread around their value."""
    retry = Retry(initial=1, maximum=10)
    assert [retry.pause(attempt, jitter=0.5) for attempt in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert retry.pause(1, jitter=0) == 0.5 and retry.pause(1, jitter=1) == 1.5
    assert retry.pause(10_000, jitter=0.5) == 10


def test_pause__is_never_shorter_than_asked() -> None:
    """What the service asks for is a lower bound, but no reason to sleep for hours."""
    assert Retry().pause(1, jitter=0, asked=7) == 7
    assert Retry().pause(1, jitter=1, asked=7) > 7
    assert Retry(maximum=60).pause(1, jitter=1, asked=86_400) == 60


@pytest.mark.parametrize(("waited", "pause"), [(0, 0.4), (3, 0.45), (20, 3), (60, 9), (1000, 10)])
def test_polling__grows_with_age(waited: float, pause: float) -> None:
    """A share of the time waited, between half a second and ten."""
    assert Polling().pause(waited, jitter=0.5) == pytest.approx(pause)


def test_defaults__are_those_of_the_documentation() -> None:
    """Five attempts, from half a second to a minute; the first pause of a poll is spread by a tenth."""
    assert Retry() == Retry(attempts=5, initial=0.5, maximum=60.0)
    assert [Polling().pause(60, jitter=jitter) for jitter in (0, 1)] == pytest.approx([8.1, 9.9])


@pytest.mark.parametrize(("remaining", "pause"), [(-20, 3), (0, 0.4), (0.6, 0.4), (8, 4.8), (600, 10)])
def test_polling__is_guided_by_what_remains(remaining: float, pause: float) -> None:
    """Where it is known how long a run still takes, a share of that is waited, whatever its age."""
    assert Polling().pause(1000, jitter=0.5, remaining=remaining) == pytest.approx(pause)


def bar(share: float) -> Progress:
    """A progress bar of a hundred steps."""
    return Progress(share, round(share * 100), 100)


@pytest.mark.parametrize(
    ("seen", "pause"),
    [
        ([(10, None)], 1.5),
        ([(10, 0.5)], 1.5),
        ([(10, 0.0), (12, 0.2)], 4.65),
        ([(10, 0.0), (12, 0.2), (19, 0.9)], 0.567),
        # The step that it is at should be over by now.
        ([(10, 0.0), (12, 0.2), (40, 0.2)], 3.04),
        ([(10, 0.5), (12, 0.5)], 1.8),
        ([(10, 0.9), (12, 0.1)], 1.8),
        ([(10, 0.9), (12, 0.1), (14, 0.2)], 9.06),
        ([(10, 0.0), (20, 1.0)], 0.4),
        ([(10, 0.0), (20, 1.0), (40, 1.0)], 3.0),
    ],
)
def test_pace__follows_the_progress_bar(seen: list[tuple[float, float | None]], pause: float) -> None:
    """Two polls of a bar give the remaining time, unless it restarts; after the last step the age counts."""
    pace = PollSchedule(Polling(), 0.0)
    pauses = [pace.pause(now, None if share is None else bar(share), jitter=0.5) for now, share in seen]
    assert pauses[-1] == pytest.approx(pause, rel=0.01)


@pytest.mark.parametrize(("policy", "name"), [(Retry(attempts=3), "attempts"), (Polling(minimum=2), "minimum")])
def test_policy__is_an_immutable_dataclass(policy: Any, name: str) -> None:
    """A policy cannot be changed, is equal to one with the same values, and can be shown, copied, pickled, replaced."""
    with pytest.raises(AttributeError, match=f"cannot assign to field '{name}'"):
        setattr(policy, name, 1)
    with pytest.raises(AttributeError, match=f"cannot delete field '{name}'"):
        delattr(policy, name)
    changed = replace(policy, **{name: 9})
    assert getattr(changed, name) == 9 and changed != policy and replace(changed, **asdict(policy)) == policy
    for same in (copy.deepcopy(policy), pickle.loads(pickle.dumps(policy)), type(policy)(**asdict(policy))):
        assert same == policy and hash(same) == hash(policy) and repr(same) == repr(policy)
    assert repr(policy) == f"{type(policy).__name__}({', '.join(f'{k}={v!r}' for k, v in asdict(policy).items())})"
    assert policy != asdict(policy)


@pytest.mark.parametrize("stream", [None, 1, "no"])
def test_polling__takes_a_bool_for_the_stream(stream: Any) -> None:
    """Anything else is refused, such as a number of seconds in the wrong place."""
    assert Polling().stream and not Polling(stream=False).stream
    with pytest.raises(ConfigurationError, match=r"Polling\.stream should be True or False"):
        Polling(stream=stream)
