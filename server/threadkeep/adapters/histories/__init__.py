"""Other tools' histories: one reader a file."""

from threadkeep.adapters.histories.chatgpt import ChatGptExport
from threadkeep.adapters.histories.claude_code import ClaudeCodeHistory
from threadkeep.adapters.histories.codex import CodexHistory
from threadkeep.adapters.histories.llm_logs import LlmLogs
from threadkeep.adapters.histories.markdown import MarkdownTranscripts
from threadkeep.adapters.histories.opencode import OpencodeExport
from threadkeep.ports.transfer import HistoryReader


def history_readers() -> tuple[HistoryReader, ...]:
    """All of them, in the order in which `auto` asks; the one that needs the least evidence comes last."""
    return (
        ClaudeCodeHistory(),
        CodexHistory(),
        LlmLogs(),
        OpencodeExport(),
        ChatGptExport(),
        MarkdownTranscripts(),
    )
