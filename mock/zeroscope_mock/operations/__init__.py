"""What each operation does, by its `operationId`."""
