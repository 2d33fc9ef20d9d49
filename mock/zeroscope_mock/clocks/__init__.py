"""The server's clocks: a virtual one that moves when slept on, and the machine's own."""
