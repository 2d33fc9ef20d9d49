"""The operation that serves the videos of predictions."""

from __future__ import annotations

import re

from ..lifecycle.timeline import state_at
from ..messages import Response
from ..problems import not_found
from ..protocols import Flow
from ..state import State
from ..steps import RunBlocking
from .calls import Handler, OperationCall
from .ranges import range_response

_FILENAME = re.compile(r"output-(0|[1-9][0-9]{0,6})\.mp4")


class Outputs:
    """Serves the output files of predictions."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {"getOutput": self._get}

    def _get(self, call: OperationCall) -> Flow[Response]:
        record = self._state.store.prediction(call.arguments["prediction_id"])
        found = _FILENAME.fullmatch(call.arguments["filename"])
        named = f"file {call.arguments['filename']!r} of prediction {call.arguments['prediction_id']!r}"
        if record is None or not found or record.script.output is not None:
            return not_found(named)
        if int(found[1]) >= state_at(record, self._state.clock.time()).made:
            return not_found(named)
        video: bytes = yield RunBlocking(self._state.video(record, int(found[1])))
        return range_response(call.request.head, video, "video/mp4")
