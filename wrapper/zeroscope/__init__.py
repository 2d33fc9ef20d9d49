"""A client for the model anotherjesse/zeroscope-v2-xl on Replicate."""

from importlib import import_module
from typing import TYPE_CHECKING

from ._constants import __version__

if TYPE_CHECKING:
    from . import notebook, webhooks
    from ._service.input_types import FileInput, PredictionInputDict
    from .client import AsyncZeroscope, Zeroscope
    from .clock import Clock, SystemClock
    from .errors import (
        APIError,
        AuthenticationError,
        CertificateError,
        ConfigurationError,
        EmptyOutputError,
        ForbiddenError,
        InvalidField,
        InvalidInputError,
        MalformedResponseError,
        NotFoundError,
        OutputExpiredError,
        PaymentRequiredError,
        PredictionCanceledError,
        PredictionError,
        PredictionFailedError,
        RateLimitError,
        ServerError,
        TransportError,
        UnknownOutcomeError,
        ValidationError,
        WaitTimeoutError,
        WebhookVerificationError,
        ZeroscopeError,
    )
    from .logs import Progress
    from .options import (
        BatchOptions,
        ClientOptions,
        CreateOptions,
        DownloadLimits,
        ListOptions,
        OnProgress,
        OnUpdate,
        RequestOptions,
        RunArguments,
        RunOptions,
        UpscaleArguments,
        UpscaleOptions,
    )
    from .polling import Polling
    from .prediction import AsyncPrediction, Prediction
    from .responses import RawResponse
    from .results import Page, Results, RunResult
    from .retry import Retry
    from .state import PredictionState
    from .video import AsyncVideo, AsyncVideos, Video, Videos
    from .webhooks import VerifiedWebhook

__all__ = [
    "APIError",
    "AsyncPrediction",
    "AsyncVideo",
    "AsyncVideos",
    "AsyncZeroscope",
    "AuthenticationError",
    "BatchOptions",
    "CertificateError",
    "ClientOptions",
    "Clock",
    "ConfigurationError",
    "CreateOptions",
    "DownloadLimits",
    "EmptyOutputError",
    "FileInput",
    "ForbiddenError",
    "InvalidField",
    "InvalidInputError",
    "ListOptions",
    "MalformedResponseError",
    "NotFoundError",
    "OnProgress",
    "OnUpdate",
    "OutputExpiredError",
    "Page",
    "PaymentRequiredError",
    "Polling",
    "Prediction",
    "PredictionCanceledError",
    "PredictionError",
    "PredictionFailedError",
    "PredictionInputDict",
    "PredictionState",
    "Progress",
    "RateLimitError",
    "RawResponse",
    "RequestOptions",
    "Results",
    "Retry",
    "RunArguments",
    "RunOptions",
    "RunResult",
    "ServerError",
    "SystemClock",
    "TransportError",
    "UnknownOutcomeError",
    "UpscaleArguments",
    "UpscaleOptions",
    "ValidationError",
    "VerifiedWebhook",
    "Video",
    "Videos",
    "WaitTimeoutError",
    "WebhookVerificationError",
    "Zeroscope",
    "ZeroscopeError",
    "__version__",
    "notebook",
    "webhooks",
]

# The modules of these names, the fast ones first: a name is searched for in this order when it is first used. Those of
# most programs are not, as a search would load modules that a client does not need.
_HOMES = {"Zeroscope": "client", "AsyncZeroscope": "client"}
_MODULES = ["errors", "clock", "logs", "polling", "retry", "results", "responses", "_service.input_types", "options"]
_MODULES += ["state", "video", "prediction", "client", "webhooks", "events", "predictions", "notebook"]

# Hidden from type checkers, which would accept any name.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return import_module(f".{name}", __name__)
        if name in __all__:
            homes = [_HOMES[name]] if name in _HOMES else _MODULES
            for module in (import_module(f".{home}", __name__) for home in homes):
                if hasattr(module, name):
                    globals()[name] = found = getattr(module, name)
                    return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
