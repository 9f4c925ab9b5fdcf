"""How a run is reported to a person: on the terminal (`console`, `screen`), and as a `narration` of its trace."""
