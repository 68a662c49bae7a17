"""All formats; what one of them needs is imported when it is first used."""

from collections.abc import Mapping, Sequence

from threadkeep.adapters.formats.csv_table import CsvFormat
from threadkeep.adapters.formats.html_page import HtmlFormat
from threadkeep.adapters.formats.markdown_text import MarkdownFormat
from threadkeep.adapters.formats.own_json import JsonFormat
from threadkeep.adapters.formats.own_jsonl import JsonlFormat
from threadkeep.adapters.formats.pdf_document import PdfFormat
from threadkeep.adapters.formats.text import TextFormat
from threadkeep.ports.transfer import ExportFormat, OwnFormat


def export_formats() -> Mapping[str, ExportFormat]:
    """By their names."""
    formats: tuple[ExportFormat, ...] = (
        JsonFormat(),
        JsonlFormat(),
        CsvFormat(),
        MarkdownFormat(),
        TextFormat(),
        HtmlFormat(),
        PdfFormat(),
    )
    return {each.name: each for each in formats}


def own_formats() -> Sequence[OwnFormat]:
    """Those that are read back; the one that is told by its first line comes first."""
    return (JsonlFormat(), JsonFormat())
