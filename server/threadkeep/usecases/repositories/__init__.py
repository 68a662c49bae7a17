"""Which repository a folder is, what it is called, and where its sessions go when it moves."""
