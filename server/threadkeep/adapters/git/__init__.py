"""The reader of git repositories: it obeys nothing that lies in them, and runs next to nothing."""

from threadkeep.adapters.git.checkouts import GitCheckouts

__all__ = ["GitCheckouts"]
