"""The doors: ways to reach the core in process, over ASGI and on a socket."""
