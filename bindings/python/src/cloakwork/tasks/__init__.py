"""Built-in tasks: joint statistics of named columns, from `cloakwork client` without a line of code.

A `Task` is part of the settings on which the parties of a run agree. It says what each party computes from its table, and what the sums
mean.
"""

from __future__ import annotations

from cloakwork.tasks.statistics import STATISTICS, Column, Statistics, Task
from cloakwork.tasks.table import read_table

__all__ = ["STATISTICS", "Column", "Statistics", "Task", "read_table"]
