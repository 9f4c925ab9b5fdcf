"""What a person reads of a run: on the terminal (`console`, `screen`), as the narration of a trace, in a `notebook`."""
