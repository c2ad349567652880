"""The side of a server that talks to other servers: who they are, links between them, runs that all agree on."""
