"""Runs an unmodified Python program under a virtual clock, in a process of its own, for the twin.

    python PATH/TO/twin/host CONTROLLER.py ARGUMENTS...

It uses the standard library only and Python 3.8's syntax: it runs in the interpreter of the user's program. The twin
exchanges messages with it over standard input and output (`protocol`). All threads of the program are real ones, but
only the one that holds the baton (`baton`) runs. Everything that waits or reads the time is virtual.
"""
