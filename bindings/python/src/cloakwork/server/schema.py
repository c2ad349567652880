"""The tables of the server's database. Everything that the server knows is here; memory holds only what can be made from it again."""

from __future__ import annotations

VERSION = 1

# Member ids are unsigned 64-bit numbers: 8 bytes, big-endian, so that they sort by value. Times are seconds since 1970.
SCHEMA = """
CREATE TABLE runs (
    run BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash BLOB NOT NULL,
    description BLOB NOT NULL,
    roster BLOB NOT NULL,
    settings BLOB NOT NULL,
    shares_results INTEGER NOT NULL,    -- members may read the results, not only controllers
    created REAL NOT NULL,
    closed REAL,
    epoch INTEGER NOT NULL DEFAULT 0,   -- of the last set-up
    renew INTEGER NOT NULL DEFAULT 0,   -- a member needs a new set-up before the next round
    number INTEGER NOT NULL DEFAULT 0,  -- of the last messages that members were given
    deadline REAL                       -- when the present step is closed
) STRICT;

CREATE TABLE members (
    run BLOB NOT NULL REFERENCES runs,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    key BLOB NOT NULL,
    away INTEGER NOT NULL DEFAULT 0,    -- missed a step and was not heard from since
    PRIMARY KEY (run, id)
) STRICT;

-- What the state machine of a run was given, in order: replaying the rows of the present epoch and round makes it again.
CREATE TABLE events (
    run BLOB NOT NULL REFERENCES runs,
    sequence INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    round INTEGER NOT NULL,             -- 0 in set-up
    action TEXT NOT NULL CHECK (action IN ('receive', 'close', 'begin')),
    party BLOB,                         -- who sent the message
    message BLOB,                       -- of a masked message, what precedes its payload; at the beginning of a round, its participants
    masked INTEGER NOT NULL DEFAULT 0,  -- the payload that completes the message is in payloads
    PRIMARY KEY (run, sequence)
) STRICT;

-- The masked vectors of the present round, in pieces, so that SQLite never copies a whole one in memory; gone when the round has ended.
CREATE TABLE payloads (
    run BLOB NOT NULL REFERENCES runs,
    party BLOB NOT NULL,
    piece INTEGER NOT NULL,             -- from 0
    bytes BLOB NOT NULL,
    PRIMARY KEY (run, party, piece)
) STRICT;

-- Messages for members, kept until a later epoch or round makes them void.
CREATE TABLE outbox (
    run BLOB NOT NULL REFERENCES runs,
    party BLOB NOT NULL,
    number INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    round INTEGER NOT NULL,             -- 0 in set-up
    begins INTEGER NOT NULL,            -- the message begins a round and announces its context
    message BLOB NOT NULL,
    PRIMARY KEY (run, party, number)
) STRICT;

CREATE TABLE rounds (
    run BLOB NOT NULL REFERENCES runs,
    round INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'ended')),
    wanted BLOB,                        -- ids that the controller asked for, joined; NULL for everybody
    context BLOB NOT NULL,              -- digest in contents
    participants BLOB,
    survivors BLOB,
    outcome INTEGER,                    -- 0, or the error for which the round was aborted
    result BLOB,                        -- digest in contents
    requested REAL NOT NULL,
    begun REAL,
    ended REAL,
    PRIMARY KEY (run, round)
) STRICT;

CREATE TABLE refusals (
    sequence INTEGER PRIMARY KEY,
    run BLOB NOT NULL REFERENCES runs,
    epoch INTEGER NOT NULL,
    round INTEGER NOT NULL,
    party BLOB NOT NULL,
    accused BLOB,
    code INTEGER NOT NULL,
    reason TEXT NOT NULL,
    time REAL NOT NULL
) STRICT;
CREATE INDEX refusals_of_run ON refusals (run, epoch, round);

-- Models and results by SHA-256, in pieces as well.
CREATE TABLE contents (
    digest BLOB NOT NULL,
    piece INTEGER NOT NULL,             -- from 0
    bytes BLOB NOT NULL,
    PRIMARY KEY (digest, piece)
) STRICT;

-- The last request of each party, and its answer for a byte-identical repeat.
CREATE TABLE answers (
    party BLOB PRIMARY KEY,
    counter BLOB NOT NULL,              -- 8 bytes, big-endian
    request BLOB NOT NULL,
    status INTEGER NOT NULL,
    media TEXT NOT NULL,
    body BLOB,
    content BLOB                        -- digest in contents, where the body is one of them
) STRICT;
"""
