"""Built-in tasks: joint statistics of named columns, from `cloakwork client` without a line of code.

A `Task` is part of the settings on which the parties of a run agree. It says what each party computes from its table, and what the sums
mean. With `Privacy` the sums have noise that hides every single record.
"""

from __future__ import annotations

from cloakwork.tasks.column import Column
from cloakwork.tasks.privacy import Privacy
from cloakwork.tasks.statistics import STATISTICS, Statistics, Task
from cloakwork.tasks.table import read_table

__all__ = ["STATISTICS", "Column", "Privacy", "Statistics", "Task", "read_table"]
