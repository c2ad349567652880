"""The Cloakwork protocol in plain Python, written from docs/protocol.md alone, and the makers of the test vectors.

Clarity comes before everything else here: nothing is constant time, nothing is wiped. It is an oracle, never a library.
"""
