"""The drivers that carry out the steps of flows, sync and async."""
