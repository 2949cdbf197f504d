"""FrameGen: frames of characters from pose, identity, camera and light."""
