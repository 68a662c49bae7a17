"""One small function a method: read, call, translate."""

from threadkeep.faces.lsp.handlers import chat, lists, server, sessions, states
from threadkeep.faces.lsp.product import Product
from threadkeep.faces.lsp.registry import Registry


def register_all(on: Registry, product: Product) -> None:
    """Registers the handler of every request of the methods table."""
    for topic in (sessions, states, lists, chat, server):
        topic.register(on, product)
