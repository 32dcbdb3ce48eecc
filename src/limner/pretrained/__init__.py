"""Models that are trained already: one folder each, opened by name.

    config.json         how it was trained
    model.safetensors   the weights to evaluate, as 16-bit floats
    card.json           what it draws, how well, and what made it
    README.md           the card, to read

Such a folder is a run folder without what training leaves for itself, so all that takes a run takes
it too. `limner export` makes one of a finished run.
"""
