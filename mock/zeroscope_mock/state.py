"""All that one server holds: the document, the clock, and what has come of the requests so far."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

from .dialects import DIALECTS
from .documents.reloader import Reload
from .documents.spec import Spec
from .faults.faults import Faults
from .faults.rules import DELIVERY
from .journal import Journal
from .lifecycle.script import ModelInput, failure
from .lifecycle.scripts import Scripts
from .lifecycle.timeline import Hook, Record, describe
from .messages import encode
from .protocols import Clock
from .randomness import throw
from .rate_limits import Limits
from .settings import Settings
from .store import Store
from .videos.cache import Outputs
from .webhooks.scheduler import Courier

deciding: ContextVar[tuple[State, int] | None] = ContextVar("zeroscope_mock.deciding", default=None)
"""Whose script decides on a prediction in this context, and in which thread, which holds the lock meanwhile."""

BUSY_SCRIPT = "a script cannot create predictions while it decides on one"


class State:
    """All that one server holds. Whoever changes it holds `lock`.

    Args:
        spec: the document.
        clock: tells the time.
        settings: what the server was told.
    """

    def __init__(self, spec: Spec, clock: Clock, settings: Settings) -> None:
        self.spec = spec
        self.clock = clock
        self.settings = settings
        self.reload: Reload | None = None
        self.dialect = DIALECTS[settings.dialect]
        self.lock = threading.RLock()
        self.journal = Journal(settings.journal_limit)
        self.store = Store(settings.prediction_limit, settings.storage_limit)
        self.outputs = Outputs()
        self.limits = Limits()
        self.scripts = Scripts()
        self.faults = Faults(
            Random(f"{settings.seed}:faults"),
            operations=_names(spec),
            prefixes=spec.prefixes,
        )
        self.courier = Courier(
            clock,
            body=self._event_body,
            secret=self.secret,
            faults=self.faults,
            receiver=settings.receiver,
            allow_http=settings.insecure_webhooks,
            limit=settings.journal_limit,
        )
        clock.attach(self.courier)

    @property
    def spec_error(self) -> str | None:
        """Why the document as its file has it now is not in use; None if it is."""
        return self.reload.error if self.reload else None

    def check_script(self) -> None:
        """Refuse what a script asks for by way of another thread: it would wait for the lock for ever.

        Raises:
            RuntimeError: if that is so.
        """
        decider = deciding.get()
        if decider is not None and decider[0] is self and decider[1] != threading.get_ident():
            raise RuntimeError(BUSY_SCRIPT)

    def use(self, spec: Spec) -> None:
        """Follow another document from now on."""
        with self.lock:
            self.spec = spec
            self.faults.expect(_names(spec))

    def dice(self, purpose: str, tenant: str, number: int) -> bytes:
        """The dice for one thing, the same in every run and for each tenant, whatever the others do meanwhile."""
        return throw(f"{self.settings.seed}:{purpose}:{tenant}:{number}")

    def secret(self, tenant: str) -> str:
        """The key that signs a tenant's webhooks."""
        return "whsec_" + base64.b64encode(self.dice("secret", tenant, 0)[:24]).decode()

    def addresses(self, origin: str, prefix: str) -> Links:
        """The URLs in an answer.

        Args:
            origin: scheme and host under which the request came.
            prefix: what stood between them and the path.
        """
        return Links(self.spec, origin, self.spec.prefixes[-1] if self.dialect.bare else prefix)

    def reset(self, tenant: str | None = None) -> None:
        """Forget everything, or everything of one tenant, except the time."""
        with self.lock:
            self.store.clear(tenant)
            self.journal.clear(tenant)
            self.limits.clear(tenant)
            self.scripts.clear(tenant)
            self.faults.clear(tenant)
            self.courier.clear(tenant)
            # Ids start again, and would lead to the videos of before.
            self.outputs.clear()

    @property
    def dropped(self) -> dict[str, int]:
        """How many things of each kind were forgotten because there were more than a limit allows."""
        return {
            "predictions": self.store.dropped_predictions,
            "files": self.store.dropped_files,
            "exchanges": self.journal.dropped,
            "deliveries": self.courier.deliveries.dropped,
        }

    def video(self, record: Record, index: int) -> Callable[[], bytes]:
        """A function that makes one video of a prediction, which can take a while."""
        wanted = ModelInput.read(record.input, self.spec.input_defaults)
        if failure(wanted):
            # A script may let succeed what the model cannot make, and nothing else can make it either.
            wanted = ModelInput.read({"prompt": wanted.prompt}, self.spec.input_defaults)
        return self.outputs.video(record.id, index, wanted, record.script.seed)

    def _event_body(self, record: Record, now: float) -> bytes:
        hook = record.hook
        assert isinstance(hook, Hook)
        addresses = self.addresses(hook.origin, hook.prefix)
        video = (lambda index: inline(self.video(record, index)())) if record.script.inline else None
        return encode(describe(record, now, addresses, model=self.spec.model, video=video))


def _names(spec: Spec) -> frozenset[str]:
    """What a fault may name."""
    return frozenset({DELIVERY, *(operation.id for operation in spec.operations())})


def inline(video: bytes) -> str:
    """A video as a `data:` URI."""
    return f"data:video/mp4;base64,{base64.b64encode(video).decode()}"


# Not frozen: one is made for every request, and frozen ones take three times as long to make.
@dataclass(slots=True)
class Links:
    """The absolute URLs in answers."""

    spec: Spec
    origin: str
    prefix: str

    def operation(self, operation_id: str, **arguments: str) -> str:
        """Where an operation is, under the prefix."""
        return f"{self.origin}{self.prefix}{self.spec.path(operation_id, **arguments)}"

    def prediction(self, prediction_id: str) -> str:
        """Where a prediction can be read."""
        return self.operation("getPrediction", prediction_id=prediction_id)

    def cancel(self, prediction_id: str) -> str:
        """Where it can be canceled."""
        return self.operation("cancelPrediction", prediction_id=prediction_id)

    def stream(self, prediction_id: str) -> str:
        """Where its events can be followed."""
        return self.operation("streamPrediction", prediction_id=prediction_id)

    def output(self, prediction_id: str, index: int) -> str:
        """Where one of its videos is."""
        return self.operation("getOutput", prediction_id=prediction_id, filename=f"output-{index}.mp4")

    def file(self, file_id: str) -> str:
        """Where the bytes of a file are."""
        return self.operation("downloadFile", file_id=file_id)

    def page(self, operation_id: str, cursor: str | None) -> str | None:
        """Where a page of a list is; None without a cursor."""
        return None if cursor is None else f"{self.operation(operation_id)}?cursor={quote(cursor)}"
