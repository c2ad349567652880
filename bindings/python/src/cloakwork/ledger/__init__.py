"""What data sets have cost in differential privacy, and the budgets that end it.

    ledger = Ledger("ledger.sqlite")
    ledger.open_dataset("ward 7", Budget(epsilon=3.0, delta=1e-6, unit="client"))
    client = Client.join(invitation, "identity", "study.sqlite", ledger=ledger, dataset="ward 7")

An epsilon counts all that was ever computed from the data, whatever the run. So there is one ledger for all runs of a party, which charges
a round before anything of it leaves and gives nothing back (docs/decisions/0012-ledgers.md).
"""

from __future__ import annotations

from cloakwork.ledger.account import Account
from cloakwork.ledger.book import Ledger
from cloakwork.ledger.budget import Budget, Change, Entry, Spent

__all__ = ["Account", "Budget", "Change", "Entry", "Ledger", "Spent"]
