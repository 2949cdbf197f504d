"""How FrameGen is trained and measured."""
