"""What a client can do, as verbs on frozen classes that hold ports."""
