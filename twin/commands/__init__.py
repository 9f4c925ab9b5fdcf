"""The commands of `twin`, a module each, and what they share: options, refusals, exit codes."""
