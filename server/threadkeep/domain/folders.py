"""Folders that cannot be looked at."""

from concurrent.futures import Future
from typing import Any

from threadkeep.domain.errors import ThreadkeepError


class FolderAway(ThreadkeepError):
    kind = "folderAway"
    retryable = True
    answer: Future[Any] | None = None  # done when the folder has answered after all

    def __init__(self, path: str) -> None:
        super().__init__(f"The folder {path} does not answer: try again when its disk is there.", path=path)
