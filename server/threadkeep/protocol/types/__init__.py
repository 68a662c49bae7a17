"""The wire types of Threadkeep's protocol, one file a topic."""
