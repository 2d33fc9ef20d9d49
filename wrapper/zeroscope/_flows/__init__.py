"""The client's logic as generators that do no I/O."""
