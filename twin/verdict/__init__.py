"""What was wrong in a run: the rules, what excuses a break of them, and the counts of a run.

It reads the trace and nothing else. `checks` has a small class for each rule; `facts` collects what the plant recorded,
`excuses` decides what of that excuses which break, `bounds` how long, from the layout alone.
"""

from twin.verdict.checks import ALL_CHECKS, Check, Checks, Excused, Violation
from twin.verdict.summary import Summary

__all__ = ["ALL_CHECKS", "Check", "Checks", "Excused", "Summary", "Violation"]
