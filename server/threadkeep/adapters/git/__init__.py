"""The reader of git repositories: it obeys nothing that lies in them, and runs next to nothing."""

from threadkeep.adapters.git.checkouts import GitCheckouts
from threadkeep.adapters.git.watching import BranchNews

__all__ = ["BranchNews", "GitCheckouts"]
