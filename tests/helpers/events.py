"""Events of a prediction in a form that is quick to read."""

from __future__ import annotations

from typing import Any

from zeroscope.events import Ended, LogLine, Progressed, StatusChanged


def event_names(events: Any) -> list[str]:
    """Return each event as a short string."""
    names = []
    for event in events:
        match event:
            case StatusChanged(status):
                names.append(status)
            case LogLine(text):
                names.append(f"|{text}")
            case Progressed(progress):
                names.append(f"{progress.percentage:.0%}")
            case Ended(prediction):
                names.append(f"ended {prediction.status}")
    return names
