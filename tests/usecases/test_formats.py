"""What is told of formats and importers that installed packages add and that cannot be used."""

from pathlib import Path

import pytest

from tests.support.transcripts import a_conversation
from tests.support.transfer import transfer_tools
from tests.support.world import World
from threadkeep.adapters.plugins import exporters
from threadkeep.adapters.user_files import LocalUserFiles
from threadkeep.domain.errors import ImportInvalid, InvalidValue
from threadkeep.ports.plugins import Offer
from threadkeep.ports.transfer import HistoryReader, TransferTools
from threadkeep.usecases.formats import formats
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.transfer.exporting import Selection, Target
from threadkeep.usecases.transfer.import_sources import Source, Sources
from threadkeep.usecases.transfer.importing import Imported, Wish
from threadkeep.values import evolve

MARKDOWN = "# Tea\n\n## User\n\nGreen?\n\n## Assistant\n\nYes.\n"
PROBLEM = "'wiki' of the package tk-wiki 1.0 cannot be loaded: ImportError: x. Mend or remove the package."
BROKEN: list[Offer[HistoryReader]] = [
    Offer(name="wiki", origin="tk-wiki 1.0", problem=PROBLEM),
    Offer(name="llm", origin="tk-wiki 1.0", problem="'llm' has a name of Threadkeep's own."),
]


def tools(world: World) -> TransferTools:
    """With two importers that cannot be used."""
    files = LocalUserFiles(forbidden=lambda: Path("/nowhere"))
    return evolve(transfer_tools(world.executor), files=files, importers=lambda: BROKEN)


async def take(source: Source) -> Imported:
    world = World()
    importing = evolve(world.importing, sources=Sources(tools=tools(world)))
    return await importing.run(source, Wish(), progress=Progress())


async def test_an_import_that_asks_everybody_tells_whom_it_could_not_ask(tmp_path: Path) -> None:
    (tmp_path / "tea.md").write_text(MARKDOWN)
    for source in (
        Source(content=MARKDOWN),
        Source(path=str(tmp_path / "tea.md")),
        Source(path=str(tmp_path)),
    ):
        imported = await take(source)
        assert (imported.source, imported.imported) == ("markdown", 1)
        assert [each.message for each in imported.problems] == [f"Nobody asked the importer {PROBLEM}"]


async def test_an_import_that_asks_nobody_tells_of_nobody() -> None:
    own = b"".join(exporters()["json"].pieces([a_conversation()], is_single=True)).decode()
    for source in (Source(content=own), Source(content=MARKDOWN, from_="markdown")):
        assert (await take(source)).problems == []


async def test_what_nobody_recognises_may_be_that_of_one_who_was_not_asked() -> None:
    with pytest.raises(
        ImportInvalid, match=r"nothing that can be imported.* Nobody asked the importer 'wiki'"
    ):
        await take(Source(content="nothing of anybody's"))


async def test_one_that_is_named_and_cannot_be_used_says_why() -> None:
    with pytest.raises(ImportInvalid, match=r"tk-wiki 1\.0 cannot be loaded"):
        await take(Source(content=MARKDOWN, from_="wiki"))


async def test_one_that_nobody_knows_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidValue, match="from: must be one of auto, threadkeep, claude-code"):
        await take(Source(content=MARKDOWN, from_="wikki"))
    with pytest.raises(InvalidValue, match="format: must be one of json, jsonl, csv"):
        await World().exporting.export(Selection(), Target(format="wiki", most=9), progress=Progress())


async def test_all_are_listed_also_those_that_cannot_be_used() -> None:
    found = await formats(tools(World()))
    assert ([each.name for each in found.exporters][:2], found.lossless) == (
        ["json", "jsonl"],
        ("jsonl", "json"),
    )
    assert [each.problem for each in found.importers] == [each.problem for each in BROKEN]
