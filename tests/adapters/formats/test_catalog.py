"""The catalogue of formats."""

import subprocess
import sys

from threadkeep.adapters.formats.catalog import export_formats


def test_each_format_stands_under_its_own_name() -> None:
    formats = export_formats()
    assert list(formats) == ["json", "jsonl", "csv", "markdown", "text", "html", "pdf"]
    assert [format_.name for format_ in formats.values()] == list(formats)


def test_only_the_format_that_is_used_is_imported() -> None:
    program = (
        "import sys; from threadkeep.adapters.formats.catalog import export_formats; export_formats()['json']; "
        "print([name for name in ('csv_table', 'html_page', 'pdf_document') "
        "if f'threadkeep.adapters.formats.{name}' in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == "[]"
