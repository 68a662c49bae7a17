"""Documents for tests, without a file system."""

from threadkeep.ports.documents import Document, DocumentError, DocumentMissing


class FakeDocuments:
    """Knows the texts it was given, by URI; tests change them, or put an error in their place."""

    def __init__(self, texts: dict[str, str | Document | DocumentError] | None = None) -> None:
        self.texts = dict(texts or {})
        self.reads: list[str] = []
        """Every URI that was read, oldest first."""

    def read(self, uri: str) -> Document:
        self.reads.append(uri)
        found = self.texts.get(uri, DocumentMissing())
        if isinstance(found, DocumentError):
            raise found
        return Document(text=found) if isinstance(found, str) else found

    def name(self, uri: str, *, root: str | None) -> str:
        path = uri.removeprefix("file://")
        return path.removeprefix(f"{root}/") if root else path
