"""The server's clocks: a virtual one, and the machine's own."""
