"""What looks at folders of the user, with its looks done aside."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import cast

from threadkeep.adapters.aside.threads import QUICK_SECONDS, BackgroundTasks
from threadkeep.domain.agents import Agent, BrokenAgent
from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.repositories import Checkout, FormerBranch
from threadkeep.ports.agents import AgentFiles
from threadkeep.ports.checkouts import Checkouts
from threadkeep.ports.documents import Document, Documents
from threadkeep.values import Value


class PatientCheckouts(Value):
    """Checkouts that are looked at aside; what raises may raise FolderAway besides."""

    checkouts: Checkouts
    aside: BackgroundTasks
    path_of: Callable[[str], str]
    """The path of a `file:` URI; raises InvalidValue."""
    is_on_a_network: Callable[[Path], bool] = lambda _: False
    """Whether a folder lies on a network, where the table of mounts does not tell."""

    def is_silent(self, folder: Path) -> bool:
        """Whether the folder may hang, or change without a word to this computer. May look at it on a local disk,
        and where nobody can tell."""
        place = self.aside.place(str(folder))
        return place is not None and (place != str(folder) or self.is_on_a_network(folder))

    def read(self, uri: str) -> Checkout:
        """What is at a `file:` URI; see the port."""
        return self.aside.get(("read", uri), self.path_of(uri), lambda: self.checkouts.read(uri))

    def answering(self, uris: Iterable[str]) -> list[str]:
        """The roots of the folders that answer."""
        found = []
        for uri in uris:
            with suppress(FolderAway):
                found.append(self.read(uri).root)
        return found

    def is_present(self, root: str) -> bool:
        """Whether the folder is there now."""
        if self.aside.is_local(root):
            return self.checkouts.is_present(root)
        return self.aside.get(("present", root), root, self._look_for(root))

    def presence(self, roots: Sequence[str]) -> Mapping[str, bool | None]:
        """Which folders are there; None for those that nobody can tell yet."""
        found = self._together(tuple(root for root in roots if self.aside.is_local(root)))
        if len(found) < len(roots):
            others = (root for root in roots if root not in found)
            asked = {root: self.aside.ask(("present", root), root, self._look_for(root)) for root in others}
            self.aside.wait(list(asked.values()))
            found |= {root: self._presence(root, look) for root, look in asked.items()}
        return found

    def _together(self, roots: tuple[str, ...]) -> dict[str, bool | None]:
        """Those on disks of this computer, in one look; nothing if it takes long, as on a disk that fails, or where
        a link has come to lead to a share."""
        if not roots:
            return {}
        place = f"{roots[0]}\0"  # where nobody waits who asks for one of them
        look = self.aside.ask(("together", roots), place, lambda: dict(self.checkouts.presence(roots)))
        self.aside.wait([look])
        return dict(look.result()) if look.done() else {}

    def above(self, root: str) -> Sequence[str]:
        """The folders around it that may stand for what lies in them; see the port."""
        return self.checkouts.above(root)

    def uri(self, root: str) -> str:
        """The `file:` URI of a canonical path."""
        return self.checkouts.uri(root)

    def origin(self, url: str) -> str | None:
        """The URL of a remote as it is an alias; see the port."""
        return self.checkouts.origin(url)

    def holds(self, checkout: Checkout, commit: str) -> bool | None:
        """Whether the repository has the object; see the port."""
        key, path = ("holds", checkout.common_dir, commit), checkout.common_dir or checkout.root
        if self.aside.is_local(path):
            return self.checkouts.holds(checkout, commit)
        return self.aside.get(key, path, lambda: self.checkouts.holds(checkout, commit))

    def former_names(self, checkout: Checkout) -> Sequence[FormerBranch]:
        """What the branch was called before; see the port."""
        key, path = ("former", checkout.common_dir, checkout.branch), checkout.common_dir or checkout.root
        if self.aside.is_local(path):
            return self.checkouts.former_names(checkout)
        return self.aside.get(key, path, lambda: self.checkouts.former_names(checkout))

    async def first_commit(self, checkout: Checkout) -> str | None:
        """The commit that the branch's history begins with; see the port."""
        looking = self.aside.ask(("present", checkout.root), checkout.root, self._look_for(checkout.root))
        try:
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(looking)), QUICK_SECONDS)
        except TimeoutError:
            raise FolderAway(checkout.root) from None
        return await self.checkouts.first_commit(checkout)

    def _presence(self, root: str, look: "Future[bool]") -> bool | None:
        if not look.done():
            return cast("bool | None", self.aside.known(("present", root)))
        return None if isinstance(look.exception(), FolderAway) else look.result()

    def _look_for(self, root: str) -> Callable[[], bool]:
        return lambda: self.checkouts.is_present(root)


class PatientAgentFiles(Value):
    """Agents of repositories, read aside; may raise FolderAway."""

    files: AgentFiles
    aside: BackgroundTasks

    def user(self) -> Sequence[Agent | BrokenAgent]:
        """The agents of the user's own folder."""
        return self.files.user()

    def repository(self, root: str) -> Sequence[Agent | BrokenAgent]:
        """The agents that lie in a repository."""
        return self.aside.get(("agents", root), root, lambda: self.files.repository(root))


class PatientDocuments(Value):
    """Files, read aside; may raise FolderAway."""

    documents: Documents
    aside: BackgroundTasks
    path_of: Callable[[str], str]
    """The path of a `file:` URI; raises InvalidValue."""

    def read(self, uri: str) -> Document:
        """The text of a file; see the port."""
        try:
            path = self.path_of(uri)
        except InvalidValue:
            return self.documents.read(uri)
        return self.aside.get(("document", uri), path, lambda: self.documents.read(uri))

    def name(self, uri: str, *, root: str | None) -> str:
        """What to call it; see the port."""
        return self.documents.name(uri, root=root)
