"""The state of one server: the document, the clock and its data."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable, Collection
from contextvars import ContextVar
from dataclasses import replace
from random import Random
from urllib.parse import urlsplit

from .cog import ModelSchema
from .cog.field_names import FieldNames
from .cog.secret_fields import secret_fields
from .cog.spec_model import spec_model
from .conditions import Conditions
from .data_uris import data_of, data_uri
from .dialects import DIALECTS
from .documents.links import Links
from .documents.reloader import SpecReloader
from .documents.spec import Spec
from .faults.faults import Faults
from .faults.rules import DELIVERY
from .journal import ExchangeNotes, Journal
from .lifecycle.marks import longest_text
from .lifecycle.model_input import InputReader
from .lifecycle.record import Hook, Record, RunKind
from .lifecycle.representation import prediction_json
from .lifecycle.scripts import Scripts
from .media.cache import FileCache
from .media.formats import content_type
from .media.output_file import OutputFile
from .messages import Head, Response, encode
from .protocols import Clock, Flow
from .randomness import random_bytes
from .rate_limits import Limits
from .registry import Registry
from .settings import Settings
from .store import Store
from .suggestions import did_you_mean
from .tenants import account_name
from .webhooks.scheduler import WebhookScheduler
from .webhooks.sender import DeliverySender

running_script: ContextVar[tuple[State, int] | None] = ContextVar("zeroscope_mock.running_script", default=None)
"""The server whose script function runs in this context, and the thread that runs it and holds the lock."""

_PUBLISHED_SCHEMES = frozenset({"bearer"})

OUTPUT_NAME = re.compile(r"output-(0|[1-9][0-9]{0,6})\.([a-z0-9]{1,16})")
"""The names of the files of predictions: their number among those of the output, and their suffix."""

# How many files may be made one from another: a picture from a prediction's picture, and so on.
_MAX_DEPTH = 10

NESTED_CREATE = "a script cannot create predictions while it decides on one"


class State:
    """The data of one server. A caller that changes it holds `lock`.

    Args:
        spec: The document.
        clock: The clock.
        settings: The server's settings.

    Attributes:
        deciding: Whether a script function decides on a run at this moment.
        inspected: Whether the program that holds the server has looked at its exchanges.
        registry: The models, with the document's one, and the deployments.
        secret_names: The names of the secret fields that the models which were run so far have.
        saving: Wraps the flow of a request, given its head and the notes on its exchange, so that what it changes is
            saved before its response leaves; None if nothing is saved.
        schemes: The schemes of `Authorization` that a token may have, in lower case.
        changes: Notified when a request changes or removes a prediction, by its id.
        speed: How many times as fast as the service the next predictions start and run.
        webhooks: Sends webhooks, and has their deliveries.
    """

    def __init__(self, spec: Spec, clock: Clock, settings: Settings) -> None:
        self.spec = spec
        self._inputs: tuple[Spec, InputReader] | None = None
        self._secret_fields = secret_fields(spec.input_fields, spec.resolve)
        self.secret_names = self._secret_fields
        self.clock = clock
        self.settings = settings
        events = spec.enum("WebhookEvent")
        for event in settings.webhook_events or ():
            if event not in events:
                raise ValueError(f"there is no event {event!r}{did_you_mean(event, events)}")
        self.speed = 1.0
        self.reloader: SpecReloader | None = None
        self.dialect = DIALECTS[settings.dialect]
        self.schemes = self._schemes()
        self.lock = threading.RLock()
        self.deciding = self.inspected = False
        self.saving: Callable[[Flow[Response], Head, ExchangeNotes], Flow[Response]] | None = None
        self.changes = Conditions()
        self.journal = Journal(
            settings.journal_limit, settings.journal_body_limit, lambda: clock.time() - clock.monotonic()
        )
        self.store = Store(settings.prediction_limit, settings.storage_limit)
        self.registry = Registry(spec, clock.time, any_model=settings.any_model)
        self.output_files = FileCache()
        self.limits = Limits()
        self.scripts = Scripts()
        self.faults = Faults(
            Random(f"{settings.seed}:faults"),
            operations=_fault_operations(spec),
            prefixes=spec.prefixes,
        )
        sender = DeliverySender(
            clock,
            body=self._event_body,
            secret=self.secret,
            faults=self.faults,
            receiver=settings.receiver,
            allow_http=settings.insecure_webhooks,
        )
        self.webhooks = WebhookScheduler(clock, sender, settings.journal_limit)
        clock.attach(self.webhooks)

    @property
    def spec_error(self) -> str | None:
        """The reason why the current file of the document is not in use; None if it is."""
        return self.reloader.error if self.reloader else None

    def refuse_nested_request(self) -> None:
        """Refuse a request that a script function makes in another thread, which would wait for the lock for ever.

        Raises:
            RuntimeError: If a script function of this server runs in this context, but in another thread.
        """
        running = running_script.get()
        if running is not None and running[0] is self and running[1] != threading.get_ident():
            raise RuntimeError(NESTED_CREATE)

    def use(self, spec: Spec) -> None:
        """Follow another document from now on."""
        with self.lock:
            self.spec = spec
            self._secret_fields = secret_fields(spec.input_fields, spec.resolve)
            self.secret_names |= self._secret_fields
            self.registry.use(spec)
            self.schemes = self._schemes()
            self.faults.use_operations(_fault_operations(spec))

    def _schemes(self) -> Collection[str]:
        return self.spec.schemes if self.dialect.current else _PUBLISHED_SCHEMES

    def random_bytes(self, purpose: str, tenant: str, number: int) -> bytes:
        """Random bytes for one object, which depend on the seed and on nothing that other tenants do."""
        return random_bytes(f"{self.settings.seed}:{purpose}:{tenant}:{number}")

    def secret(self, tenant: str) -> str:
        """The key that signs a tenant's webhooks."""
        return "whsec_" + base64.b64encode(self.random_bytes("secret", tenant, 0)[:24]).decode()

    def account(self, tenant: str) -> str:
        """The user name of a tenant's account, which owns the tenant's models and deployments."""
        return self.settings.account or account_name(tenant)

    def base_url(self, head: Head) -> str:
        """Scheme, host and mount as the client of a request knows them."""
        return head.forwarded_base_url if self.settings.trust_forwarded else head.base_url

    def links(self, base_url: str, prefix: str) -> Links:
        """The URLs in the response to a request.

        Args:
            base_url: Scheme, host and mount under which the request came.
            prefix: The part between them and the document's path, such as `/v1`.
        """
        prefix = self.spec.prefixes[-1] if self.dialect.bare else prefix
        return Links(self.spec, base_url, prefix, site=self.dialect.current)

    def reset(self, tenant: str | None = None) -> None:
        """Forget everything, or everything of one tenant, except the time."""
        with self.lock:
            self.store.clear(tenant)
            self.registry.clear(tenant)
            self.journal.clear(tenant)
            self.limits.clear(tenant)
            self.scripts.clear(tenant)
            self.faults.clear(tenant)
            self.webhooks.clear(tenant)
            # Ids start again, and would lead to the old files.
            self.output_files.clear()
            self.changes.notify_all()

    @property
    def dropped(self) -> dict[str, int]:
        """The number of objects of each kind dropped because of the limits."""
        return {
            "predictions": self.store.dropped_predictions,
            "files": self.store.dropped_files,
            "exchanges": self.journal.dropped,
            "deliveries": self.webhooks.deliveries.dropped,
        }

    def input_reader(self, schema: ModelSchema | None) -> InputReader:
        """The reader of the inputs of a model.

        Args:
            schema: What the model takes and returns; None for the document's model.
        """
        # Files are rendered without the lock, also while another document comes into use.
        spec, made = self.spec, self._inputs
        schema = schema or spec_model(spec)
        if schema is not None:
            return InputReader.of(schema)
        if made is None or made[0] is not spec:
            made = self._inputs = spec, InputReader(FieldNames(spec.input_fields), limited=True)
        return made[1]

    def secret_fields(self, schema: ModelSchema | None, kind: RunKind) -> frozenset[str]:
        """The names of the secret fields in the input of a run.

        Args:
            schema: What the model takes and returns; None for the document's model.
            kind: What runs.
        """
        if schema is None:
            return self._secret_fields
        found = schema.training_secret_fields if kind == "training" else schema.secret_fields
        if not found <= self.secret_names:
            self.secret_names |= found
        return found

    def file(self, record: Record, number: int, suffix: str, depth: int = 0) -> Callable[[], bytes]:
        """A function that renders one of the files of a prediction, which may take seconds.

        Args:
            record: The prediction.
            number: The number of the file among those of the output, from 0.
            suffix: Its suffix, which is its format.
            depth: How many files are made from this one.
        """
        reader = self.input_reader(record.schema)
        wanted = reader.read(record.input)
        if wanted.error():
            # A script may have a prediction succeed whose input no encoder can render.
            wanted = replace(reader.read({}), prompt=wanted.prompt)

        if not wanted.prompt and not wanted.limited:
            # A transcription, for example, stands in the output beside its files.
            wanted.prompt = longest_text(record.script.output) or record.model or ""

        def render() -> bytes:
            picture = None if wanted.picture is None else self.content(wanted.picture, depth + 1)
            width, height = wanted.width, wanted.height
            if picture is not None and not wanted.sized:
                # Imported here because Pillow is large.
                from .media.input_picture import scaled_size

                width, height = scaled_size(picture, wanted.scale) or (width, height)
            file = OutputFile(
                suffix=suffix,
                text=wanted.prompt,
                width=width,
                height=height,
                fps=wanted.fps,
                num_frames=wanted.num_frames,
                duration=wanted.sound_seconds,
                seed=record.script.seed,
                index=number,
                quality=wanted.quality,
                picture=picture,
            )
            return self.output_files.renderer(record.id, file)()

        return render

    def content(self, url: str, depth: int = 0) -> bytes | None:
        """The content of a URL that holds it or leads to this server; None for others, which are not fetched.

        It takes as long as rendering the file, and the journal has no exchange of it.

        Args:
            url: The URL.
            depth: How many files are made from this one.
        """
        if url[:5].lower() == "data:":
            return data_of(url)
        try:
            match = self.spec.match(urlsplit(url).path)
        except ValueError:
            return None
        operation = match.route.operation("GET") if match else None
        arguments = match.arguments if match else {}
        if operation is not None and operation.id in ("getFile", "downloadFile"):
            with self.lock:
                stored = self.store.file(arguments["file_id"], self.clock.time())
            return None if stored is None else stored.content
        with self.lock:
            record = self.store.prediction(arguments["prediction_id"]) if "filename" in arguments else None
        found = OUTPUT_NAME.fullmatch(arguments["filename"]) if record is not None else None
        if record is None or found is None or depth > _MAX_DEPTH:
            return None
        return self.file(record, int(found[1]), found[2], depth)()

    def _event_body(self, record: Record, now: float) -> bytes:
        hook = record.hook
        assert isinstance(hook, Hook)
        links = self.links(hook.origin, hook.prefix)

        def inline(number: int, suffix: str) -> str:
            return data_uri(self.file(record, number, suffix)(), content_type(suffix))

        return encode(prediction_json(record, now, links, file=inline if record.script.inline else None))


def _fault_operations(spec: Spec) -> frozenset[str]:
    """The operations that a fault may name."""
    return frozenset({DELIVERY, *(operation.id for operation in spec.operations())})
