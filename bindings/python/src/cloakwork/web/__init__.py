"""What every HTTP server of this package has in common: how it is served, and what its requests may cost."""

from __future__ import annotations
