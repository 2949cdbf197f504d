"""Pictures of everything, as the documents show it; a command for each."""
