"""Runs the code that the page on webhooks of the mock server shows."""

from __future__ import annotations

import re

import pytest

from helpers.pages import code_blocks, read_page
from zeroscope_mock.webhooks import receivers
from zeroscope_mock.webhooks.events import THROTTLE
from zeroscope_mock.webhooks.scheduler import RETRY_DELAYS
from zeroscope_mock.webhooks.sender import RETRIED_STATUSES

PAGE = read_page("webhooks.md")


@pytest.mark.parametrize("code", code_blocks(PAGE, "python"))
def test_webhook_page__runs_as_shown(code: str) -> None:
    """Each block runs on its own."""
    exec(compile(code, "webhooks.md", "exec"), {})


def test_webhook_page__has_the_numbers_of_the_code() -> None:
    """Delays, statuses and limits are those of the code."""
    (again,) = re.findall(r"^\| `completed` \|[^|]*\|([^|]*)\|$", PAGE, re.MULTILINE)
    statuses, delays = again.split(":")
    assert {int(number) for number in re.findall(r"\d+", statuses)} == RETRIED_STATUSES
    assert tuple(float(number) for number in re.findall(r"\d+", delays)) == RETRY_DELAYS
    assert THROTTLE == 0.5 and "at most every half a second" in PAGE
    assert receivers.HTTP_TIMEOUT == 10 and "within ten real seconds" in " ".join(PAGE.split())
