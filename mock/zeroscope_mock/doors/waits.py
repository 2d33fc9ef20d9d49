"""The waits of the requests on a connection, which end with its input."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..protocols import Step
from ..steps import Pause


class Waits:
    """The waits of a connection's requests.

    A client that ends its side of the connection may have closed its socket, so nothing waits for it any longer.

    Args:
        give_up: Closes the connection.

    Attributes:
        input_ended: Whether the client has ended its side of the connection.
        active: Whether the request in progress only lets time pass.
    """

    def __init__(self, give_up: Callable[[], object]) -> None:
        self._give_up = give_up
        self.input_ended = self.active = False

    @contextmanager
    def during(self, step: Step) -> Iterator[Step]:
        """Note whether a step is a pause.

        Raises:
            asyncio.CancelledError: For a pause after the end of the input.
        """
        if isinstance(step, Pause):
            if self.input_ended:
                self._give_up()
                raise asyncio.CancelledError
            self.active = True
        try:
            yield step
        finally:
            self.active = False
