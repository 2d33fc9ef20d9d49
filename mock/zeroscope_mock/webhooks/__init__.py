"""The webhooks: their events, the schedule of their deliveries, and the attempts."""
