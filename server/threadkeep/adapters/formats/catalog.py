"""All formats; each is imported when it is first used."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Final

from threadkeep.ports.transfer import ExportFormat, OwnFormat

_PLACES: Final = {
    "json": ("own_json", "JsonFormat"),
    "jsonl": ("own_jsonl", "JsonlFormat"),
    "csv": ("csv_table", "CsvFormat"),
    "markdown": ("markdown_text", "MarkdownFormat"),
    "text": ("text", "TextFormat"),
    "html": ("html_page", "HtmlFormat"),
    "pdf": ("pdf_document", "PdfFormat"),
}


class _Formats(Mapping[str, ExportFormat]):
    def __getitem__(self, name: str) -> ExportFormat:
        module, class_name = _PLACES[name]
        made: ExportFormat = getattr(import_module(f"{__package__}.{module}"), class_name)()
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


def export_formats() -> Mapping[str, ExportFormat]:
    """By their names."""
    return _Formats()


def own_formats() -> Sequence[OwnFormat]:
    """Those that are read back; the one that is told by its first line comes first."""
    from threadkeep.adapters.formats.own_json import JsonFormat
    from threadkeep.adapters.formats.own_jsonl import JsonlFormat

    return (JsonlFormat(), JsonFormat())
