"""Many inputs at once, as one flow."""
