"""The faults: failures that tests inject into requests and webhook deliveries."""
