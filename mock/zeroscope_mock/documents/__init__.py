"""The OpenAPI documents that the server follows, and how values are checked against them."""
