"""Federated Secure Computing: servers that compute together for the clients of federatedsecure in Python, R and JavaScript."""

from __future__ import annotations
