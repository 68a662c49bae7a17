"""The agents that people keep as Markdown files."""

from threadkeep.adapters.agents.agent_files import MarkdownAgentFiles

__all__ = ["MarkdownAgentFiles"]
