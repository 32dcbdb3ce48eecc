"""Models that are trained already: one folder each, opened by name.

    config.json         how it was trained
    model.safetensors   the weights to evaluate, as 16-bit floats
    card.json           what it draws, how well, and what made it
    data.json           a fingerprint of the data
    README.md           the model card, to read
    samples.png         drawings that it made up

Such a folder is a run folder without the files that only training needs, so everything that takes a
run takes it too. `limner export` makes such a folder from a finished run.
"""
