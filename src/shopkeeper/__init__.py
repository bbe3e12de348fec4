"""The personalisation engine that a shop runs itself."""
