"""The ways in: the language-server face, the Model Context Protocol face, and the wire that they share."""
