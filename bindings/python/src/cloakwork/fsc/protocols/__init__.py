"""What microprotocols are made of."""
