"""The webhooks: their events, their schedule and the attempts."""
