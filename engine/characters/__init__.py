"""The project's own parametric characters: who they are, how they are built, skinned, posed and drawn."""
