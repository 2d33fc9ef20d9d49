"""The output files of predictions, rendered as real files of their format."""
