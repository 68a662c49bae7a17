"""Other tools' histories: one reader a file; `adapters/own_plugins.py` names them."""
