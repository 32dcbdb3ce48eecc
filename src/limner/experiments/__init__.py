"""Experiments behind the results pages: what they are, running them, and the pages themselves.

`rows` says what an experiment is, `experiments` which there are, `running` runs them, `results`
is what a run leaves for the pages, and `pages` writes these from such files alone.
"""
