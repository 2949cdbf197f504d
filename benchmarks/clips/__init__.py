"""Short clips of characters for the documents."""
