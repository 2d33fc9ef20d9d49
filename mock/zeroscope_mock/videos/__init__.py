"""The videos of predictions, rendered as real MP4 files."""
