"""The operations under `/_mock/` on the clock."""

from __future__ import annotations

from typing import Any

from ..documents.invalid_field import InvalidField
from ..messages import Response, json_response
from ..operations.calls import Handler, OperationCall
from ..problems import invalid
from ..protocols import Flow
from ..state import State
from ..steps import AdvanceClock
from ..times import TOLERANCE
from .snapshot import LATEST
from .upcoming import UpcomingChanges
from .values import clock_json, dataclass_values


class ClockOperations:
    """Reads the clock, moves, stops and releases it, and sets the speed of predictions to come."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._upcoming = UpcomingChanges(state)
        self.handlers: dict[str, Handler] = {
            "advanceClock": self._advance,
            "advanceClockToNext": self._advance_to_next,
            "freezeClock": self._freeze,
            "getClock": lambda call: self._response(),
            "runClock": self._run,
            "setSpeed": self._set_speed,
        }

    def json(self) -> dict[str, Any]:
        """The clock and what happens next on it."""
        upcoming = self._upcoming.next()
        event = None if upcoming is None else dataclass_values(upcoming)
        return {**clock_json(self._state), "next": event and event["time"], "next_event": event}

    def _response(self) -> Response:
        return json_response(200, self.json())

    def _advance(self, call: OperationCall) -> Response | Flow[Response]:
        seconds = float(call.body["seconds"])
        return _too_late("seconds") if self._is_too_late(seconds) else self._advance_by(seconds)

    def _advance_to_next(self, call: OperationCall) -> Response | Flow[Response]:
        upcoming = self._upcoming.next()
        if upcoming is None:
            return self._response()
        seconds = max(0.0, upcoming.time - self._state.clock.time())
        return _too_late("") if self._is_too_late(seconds) else self._advance_by(seconds, upcoming.time)

    def _is_too_late(self, seconds: float) -> bool:
        return self._state.clock.time() + seconds > LATEST

    def _advance_by(self, seconds: float, moment: float = 0.0) -> Flow[Response]:
        yield AdvanceClock(seconds)
        if self._state.clock.time() < moment:
            # The sum was rounded to just before.
            yield AdvanceClock(TOLERANCE)
        with self._state.lock:
            return self._response()

    def _freeze(self, call: OperationCall) -> Response:
        self._state.clock.freeze()
        return self._response()

    def _run(self, call: OperationCall) -> Response:
        self._state.clock.run()
        return self._response()

    def _set_speed(self, call: OperationCall) -> Response:
        self._state.speed = float(call.body["speed"])
        return self._response()


def _too_late(field: str) -> Response:
    return invalid([InvalidField("out_of_range", field, "The clock does not go beyond the year 9998")])
