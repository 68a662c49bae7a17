"""The Model Context Protocol face: earlier sessions as tools and resources, to be read and never changed."""
