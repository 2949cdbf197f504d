"""How characters are modelled, piece by piece."""
