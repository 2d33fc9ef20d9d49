"""The ways to the server: in process, over ASGI, on a socket and through respx."""
