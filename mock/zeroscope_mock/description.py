"""The representation of a server in consoles and notebooks."""

from __future__ import annotations

from collections import Counter

from .clocks.real import RealClock
from .clocks.virtual import VirtualClock
from .core import Core
from .doors.listening import Listening
from .html_tables import escape, link, table
from .lifecycle.timeline import state_at


class ServerDescription:
    """The part of a server that shows it: addresses, predictions, exchanges, models and clock, and no token."""

    clock: VirtualClock | RealClock
    _core: Core
    _sockets: list[Listening]

    def __repr__(self) -> str:
        urls = "".join(f" {socket.url}" for socket in self._sockets)
        counts = f"predictions: {self._core.state.store.held()}, exchanges: {len(self._core.journal)}"
        return f"<{type(self).__name__}{urls} {counts}, {self.clock!r}>"

    def _repr_html_(self) -> str:
        state, now = self._core.state, self.clock.time()
        with state.lock:
            statuses = Counter(state_at(record, now).status for record in state.store.predictions())
            models = [state.spec.model, *(model.full_name for model in state.registry.loaded)]
        counts = ", ".join(f"{count} {status}" for status, count in statuses.items())
        addresses = "<br>".join(link(socket.url) for socket in self._sockets)
        dropped = self._core.journal.dropped
        rows = [
            ("server", f"<code>{type(self).__name__}</code>"),
            ("listening at", addresses or "no address; it answers client(), transport and app"),
            ("models", "<br>".join(escape(model) for model in models if model)),
            ("predictions", counts or "none"),
            ("exchanges", f"{len(self._core.journal)}{f', {dropped} dropped' if dropped else ''}"),
            ("speed", f"{state.speed:g}"),
        ]
        return table(rows) + self.clock._repr_html_()
