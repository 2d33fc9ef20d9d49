"""The doors: ways to reach the core in process, over ASGI, on a socket and through respx."""
