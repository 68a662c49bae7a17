"""The reader of git repositories: it runs nothing and obeys nothing that lies in them."""

from threadkeep.adapters.git.checkouts import GitCheckouts

__all__ = ["GitCheckouts"]
