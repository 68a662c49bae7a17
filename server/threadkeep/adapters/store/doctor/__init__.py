"""Finding what is wrong in a store, and repairing it."""
