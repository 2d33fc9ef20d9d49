"""What is sent to webhooks, when, and what came of it."""
