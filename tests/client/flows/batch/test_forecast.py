"""Forecasts of ends from progress bars."""

from __future__ import annotations

import pytest

from zeroscope._flows.batch.forecast import Delay, Forecast


def bar(current: int, total: int = 50, speed: str = "?it/s") -> str:
    """A log that ends with a progress bar."""
    return (
        f"Using seed: 1\n  0%|          | 0/{total} [00:00<?, ?it/s]\n 9%|█| {current}/{total} [00:09<00:09, {speed}]\n"
    )


@pytest.mark.parametrize(
    ("readings", "full_at"),
    [
        ([], None),
        ([(100, "")], None),
        ([(100, "a line without a bar")], None),
        # The bar has not named its speed yet.
        ([(100, bar(0))], None),
        # Half a step is taken to have passed since the last one.
        ([(100, bar(10, speed="2.0it/s"))], 119.75),
        ([(100, bar(10, speed="2.0s/it"))], 179),
        ([(100, bar(10, speed="0.0s/it"))], None),
        # After some steps, the measured speed counts.
        ([(100, bar(10, speed="9.0it/s")), (110, bar(20, speed="9.0it/s"))], 139.5),
        ([(100, bar(10)), (105, bar(15)), (110, bar(20))], 139.5),
        # The moments between two steps level out.
        ([(100, bar(10)), (110.9, bar(20)), (120, bar(30)), (130.9, bar(40))], pytest.approx(140.4, abs=0.1)),
        # A full bar shows when it was full at the latest.
        ([(100, bar(50))], 100),
        ([(100, bar(10)), (110, bar(20)), (130, bar(50))], 130),
        ([(100, bar(10)), (110, bar(20)), (150, bar(50))], 139.5),
        # Another bar begins.
        ([(100, bar(10)), (110, bar(20)), (120, bar(4, 25, "1.0it/s"))], 140.5),
        # So does the measurement, if the model becomes slower.
        ([(100, bar(10)), (110, bar(20)), (130, bar(25)), (150, bar(35))], 179),
    ],
)
def test_forecast__is_a_line_through_the_readings(readings: list[tuple[float, str]], full_at: float | None) -> None:
    """The forecast is when a straight line through what the bar showed reaches its last step."""
    forecast = Forecast()
    for moment, logs in readings:
        forecast.record(moment, logs)
    assert forecast.full_at == full_at


def test_forecast__finds_the_moment_between_two_steps() -> None:
    """Many readings of a slow bar show its end more exactly than a step."""
    forecast = Forecast()
    for number in range(20):
        moment = 1000 + 3.3 * number
        forecast.record(moment, bar(int((moment - 1000) / 2 + 0.25), speed="2.2s/it"))
    assert forecast.full_at == pytest.approx(1099.5, abs=0.5)


@pytest.mark.parametrize(
    ("delays", "expected"), [([], 0.0), ([5.0], 5.0), (list(range(10)), 7.0), ([*[1.0] * 100, *[3.0] * 50], 3.0)]
)
def test_delay__is_one_that_most_do_not_exceed(delays: list[float], expected: float) -> None:
    """A poll that comes too early costs a request, so the expected delay is a long one of the last ones."""
    delay = Delay()
    for seconds in delays:
        delay.record(seconds)
    assert delay.expected == expected
