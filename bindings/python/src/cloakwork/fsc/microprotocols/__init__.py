"""The microprotocols, one file each, and their registry by name."""
