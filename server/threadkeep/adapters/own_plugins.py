"""The providers, export formats and importers that come with the product, as `pyproject.toml` declares them; apart, since it is a table.

The same lines stand here because metadata may be missing or old, in a source tree or a zip, and ours work there too;
a test compares them. Nothing is imported: each is found on first use.
"""

from collections.abc import Mapping
from typing import Final

PROVIDERS: Final = "threadkeep.providers"
EXPORTERS: Final = "threadkeep.exporters"
IMPORTERS: Final = "threadkeep.importers"

OWN: Final[Mapping[str, Mapping[str, str]]] = {
    PROVIDERS: {
        "openai": "threadkeep.adapters.models.chat_completions:OpenAICompatible",
        "anthropic": "threadkeep.adapters.models.messages_api:Anthropic",
        "pydantic-ai": "threadkeep.adapters.models.pydantic_ai:PydanticAIModel",
    },
    EXPORTERS: {
        "json": "threadkeep.adapters.formats.own_json:JsonFormat",
        "jsonl": "threadkeep.adapters.formats.own_jsonl:JsonlFormat",
        "csv": "threadkeep.adapters.formats.csv_table:CsvFormat",
        "markdown": "threadkeep.adapters.formats.markdown_text:MarkdownFormat",
        "text": "threadkeep.adapters.formats.text:TextFormat",
        "html": "threadkeep.adapters.formats.html_page:HtmlFormat",
        "pdf": "threadkeep.adapters.formats.pdf_document:PdfFormat",
    },
    IMPORTERS: {
        "claude-code": "threadkeep.adapters.histories.claude_code:ClaudeCodeHistory",
        "codex": "threadkeep.adapters.histories.codex:CodexHistory",
        "llm": "threadkeep.adapters.histories.llm_logs:LlmLogs",
        "opencode": "threadkeep.adapters.histories.opencode:OpencodeExport",
        "chatgpt": "threadkeep.adapters.histories.chatgpt:ChatGptExport",
        "markdown": "threadkeep.adapters.histories.markdown:MarkdownTranscripts",
    },
}
"""By group. The importers stand in the order in which `auto` asks; the last needs the least evidence."""
