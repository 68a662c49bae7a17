"""The language-server face: JSON-RPC over stdio."""
