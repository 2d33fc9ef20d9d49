"""What the page on webhooks shows, run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from zeroscope_mock.webhooks import receivers
from zeroscope_mock.webhooks.events import THROTTLE
from zeroscope_mock.webhooks.scheduler import RETRY_DELAYS
from zeroscope_mock.webhooks.sender import RETRIED_STATUSES

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_webhook_page__runs_as_shown(code: str) -> None:
    """Each block runs as it stands."""
    exec(compile(code, "webhooks.md", "exec"), {})


def test_webhook_page__says_the_numbers_that_hold() -> None:
    """Delays, statuses and limits are those of the code."""
    (again,) = re.findall(r"^\| `completed` \|[^|]*\|([^|]*)\|$", PAGE, re.MULTILINE)
    statuses, delays = again.split(":")
    assert {int(number) for number in re.findall(r"\d+", statuses)} == RETRIED_STATUSES
    assert tuple(float(number) for number in re.findall(r"\d+", delays)) == RETRY_DELAYS
    assert THROTTLE == 0.5 and "at most every half a second" in PAGE
    assert receivers.HTTP_TIMEOUT == 10 and "within ten real seconds" in " ".join(PAGE.split())
