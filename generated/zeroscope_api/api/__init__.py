"""All endpoints of the document, each a module."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .files import create_file
    from .predictions import (
        cancel_prediction,
        create_prediction,
        get_prediction,
        list_predictions,
    )
    from .webhooks import get_default_webhook_secret

__all__ = (
    "list_predictions",
    "create_prediction",
    "get_prediction",
    "cancel_prediction",
    "create_file",
    "get_default_webhook_secret",
)

_MODULES = {
    "list_predictions": ".predictions.list_predictions",
    "create_prediction": ".predictions.create_prediction",
    "get_prediction": ".predictions.get_prediction",
    "cancel_prediction": ".predictions.cancel_prediction",
    "create_file": ".files.create_file",
    "get_default_webhook_secret": ".webhooks.get_default_webhook_secret",
}

# Hidden from type checkers, which would accept any name.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            globals()[name] = found = import_module(_MODULES[name], __name__)
            return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
