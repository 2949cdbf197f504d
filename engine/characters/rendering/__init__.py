"""Pictures of posed characters, many at once, on any device."""
