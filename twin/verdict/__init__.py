"""The verdict on a run: checks of the rules, excuses for broken rules, and the summary.

It reads the trace and nothing else. `checks` has a small class for each rule, `facts` collects what the plant recorded
about faults, `excuses` decides which fact excuses which break, and `bounds` has time limits that follow from the
layout.
"""

from twin.verdict.checks import ALL_CHECKS, Check, Checks, Excused, Violation
from twin.verdict.summary import Summary

__all__ = ["ALL_CHECKS", "Check", "Checks", "Excused", "Summary", "Violation"]
