"""The conformance kit of Morphogen's clients."""
