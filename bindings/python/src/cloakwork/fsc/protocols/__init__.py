"""What microprotocols are made of: protocols between the parties of a run."""
