"""The wire contract, written once: everything else about it is generated from here."""
