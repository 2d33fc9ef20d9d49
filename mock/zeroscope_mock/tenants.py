"""The tenants of a server: one for each token, with an account each."""

from __future__ import annotations

import hashlib


def tenant_of(token: str) -> str:
    """The name of the tenant that a token belongs to; the token cannot be derived from it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def account_name(tenant: str) -> str:
    """The user name of a tenant's account, unless a setting names all accounts."""
    return f"account-{tenant[:8]}"
