"""The benchmarks, in the order of the table."""

from . import (
    batch,
    client,
    command,
    events,
    harness,
    mock_growth,
    mock_idle,
    mock_models,
    mock_speed,
    mock_start,
    tools,
    video,
    waiting,
)

__all__ = ["BENCHMARKS"]

BENCHMARKS = (
    *client.BENCHMARKS,
    *command.BENCHMARKS,
    *batch.BENCHMARKS,
    *waiting.BENCHMARKS,
    *mock_speed.BENCHMARKS,
    *mock_start.BENCHMARKS,
    *mock_models.BENCHMARKS,
    *mock_idle.BENCHMARKS,
    *mock_growth.BENCHMARKS,
    *harness.BENCHMARKS,
    *video.BENCHMARKS,
    *events.BENCHMARKS,
    *tools.BENCHMARKS,
)
