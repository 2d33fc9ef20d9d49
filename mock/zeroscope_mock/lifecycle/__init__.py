"""What becomes of a prediction: its script, and where it stands at a moment."""
