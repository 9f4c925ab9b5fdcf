"""What a person reads of a run: on the terminal (`console`, `screen`), and as the narration of a trace."""
