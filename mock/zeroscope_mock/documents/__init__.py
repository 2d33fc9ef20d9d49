"""The OpenAPI documents that the server follows, and the validation of values by them."""
