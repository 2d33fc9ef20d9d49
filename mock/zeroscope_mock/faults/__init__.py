"""The faults: failures injected into requests and webhook deliveries."""
