"""Secure aggregation."""

from __future__ import annotations

from cloakwork.secagg._config import Config, Encoding, Segment

__all__ = ["Config", "Encoding", "Segment"]
