"""The bodies of responses about runs, with files inline where a script says so."""

from __future__ import annotations

from typing import Any

from ..data_uris import data_uri
from ..documents.links import Links
from ..lifecycle.marks import file_suffixes, fill_marks
from ..lifecycle.record import Record
from ..lifecycle.representation import prediction_json
from ..lifecycle.timeline import LifecycleState, state_at
from ..media.formats import content_type
from ..protocols import Flow
from ..state import State
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
        """Return whether a run shows files as `data:` URIs at a moment, which only `complete` can make."""
        return record.script.inline and state_at(record, now).made > 0 and bool(file_suffixes(record.script.output))

    def brief(
        self,
        record: Record,
        call: OperationCall,
        now: float,
        state: LifecycleState | None = None,
        links: Links | None = None,
    ) -> dict[str, Any]:
        """A run at a moment, with the URLs of its files.

        Args:
            state: The state to show, if it is not the one at that moment.
            links: The URLs in the response, if the caller has them.
        """
        body = prediction_json(record, now, links or self.links(call), state=state)
        if record.kind == "training" and body["output"] is None and "prediction_id" not in call.arguments:
            # In recorded traffic, trainings have no such field before they succeed.
            del body["output"]
        return body

    def complete(
        self, record: Record, call: OperationCall, now: float, state: LifecycleState | None = None
    ) -> Flow[dict[str, Any]]:
        """A run at a moment, with its files as `data:` URIs if its script says so; see `brief`."""
        state = state or state_at(record, now)
        body = self.brief(record, call, now, state)
        if record.script.inline and state.made and not state.removed:
            output = record.script.output
            made = output[: state.made] if isinstance(output, list) else output
            uris: list[str] = []
            for number, suffix in enumerate(file_suffixes(made)):
                content = yield RunBlocking(self._state.file(record, number, suffix))
                uris.append(data_uri(content, content_type(suffix)))
            body["output"] = fill_marks(made, lambda number, _: uris[number])
        return body
