"""One small function a method: read, call, translate."""
