"""The handlers of the operations, by `operationId`."""
