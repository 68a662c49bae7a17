"""The wire that the faces share: JSON-RPC over stdio. It knows no session, no use case and no method."""
