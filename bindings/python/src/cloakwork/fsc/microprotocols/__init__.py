"""What the parties can compute together, a file each, and the registry of them by name."""
