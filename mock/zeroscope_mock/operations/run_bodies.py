"""The bodies of responses about runs, with their videos where a script wants them inline."""

from __future__ import annotations

from typing import Any

from ..documents.links import Links
from ..lifecycle.record import Record
from ..lifecycle.representation import prediction_json
from ..lifecycle.timeline import state_at
from ..protocols import Flow
from ..state import State, data_uri
from ..steps import RunBlocking
from .calls import OperationCall


class RunBodies:
    """Makes the JSON of runs for the responses to calls.

    Args:
        state: The server's.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def links(self, call: OperationCall) -> Links:
        """The URLs in the response to a call."""
        return self._state.links(self._state.base_url(call.request.head), call.prefix)

    def inline(self, record: Record, now: float) -> bool:
        """Return whether a run shows videos as `data:` URIs at a moment, which only `complete` can make."""
        return record.script.inline and record.script.output is None and state_at(record, now).made > 0

    def brief(self, record: Record, call: OperationCall, now: float, *, held: bool = False) -> dict[str, Any]:
        """A run at a moment, with the URLs of its videos.

        Args:
            held: Whether the call was held open until its time was up.
        """
        return prediction_json(record, now, self.links(call), held=held)

    def complete(self, record: Record, call: OperationCall, *, held: bool = False) -> Flow[dict[str, Any]]:
        """A run as it is now, with its videos as `data:` URIs if its script says so; see `brief`."""
        now = self._state.clock.time()
        body = self.brief(record, call, now, held=held)
        if self.inline(record, now) and not held:
            body["output"] = []
            for index in range(state_at(record, now).made):
                video = yield RunBlocking(self._state.video(record, index))
                body["output"].append(data_uri(video))
        return body
