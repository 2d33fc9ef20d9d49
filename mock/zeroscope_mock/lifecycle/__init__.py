"""The lifecycle of a prediction: its script, its timeline and its JSON."""
