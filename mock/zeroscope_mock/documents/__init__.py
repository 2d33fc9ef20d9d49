"""The OpenAPI documents of the server, and validation by them."""
