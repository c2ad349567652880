"""The steps of a run as the server sees them: which hand out messages, and which are part of a round."""

from __future__ import annotations

IDLE = "idle"
ADVERTISE = "advertise"
CONFIRM = "confirm"
READY = "ready"
MASK = "mask"
SURVIVE = "survive"
UNMASK = "unmask"
SUM = "sum"
FINISHED = "finished"

SETUP = frozenset({ADVERTISE, CONFIRM})
ROUND = frozenset({MASK, SURVIVE, UNMASK})
# In the other steps no message is due.
WITH_MESSAGES = frozenset({ADVERTISE, CONFIRM, READY, MASK, SURVIVE, UNMASK, FINISHED})
