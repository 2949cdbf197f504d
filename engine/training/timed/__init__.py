"""Training against the clock: everything the shipped texture weights come from, inside a number of seconds."""
