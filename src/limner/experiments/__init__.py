"""The experiments behind the results pages: what they are, running them, and writing the pages.

`experiment` says what an experiment is and `catalogue` which there are. `runner` runs them;
`results` and `archive` read and keep what a run leaves. From that alone `page` fills the texts in
the folder `pages`, by the rules of `template`, with `lines` for the tables and with `charts`.
"""
