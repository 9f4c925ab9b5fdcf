"""External programs with one mistake each: sound programs of several styles, and small changes of their text."""
