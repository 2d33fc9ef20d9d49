"""A client library for accessing anotherjesse_zeroscope-v2-xl"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
