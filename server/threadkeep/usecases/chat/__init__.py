"""Sending, streaming, cancelling and carrying on: a turn from its start to its end."""
