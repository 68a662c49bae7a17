"""Numbers of the protocol that a client may rely on."""

PROTOCOL_VERSION = 1
MAX_PAGE = 200
MAX_PER_PAGE = 50
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
