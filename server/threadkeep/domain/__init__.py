"""What a session is and which rules it follows; no I/O, no clock, no randomness, no JSON."""
