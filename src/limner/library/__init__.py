"""limner in Python: train, load, and the trained network that both give.

    data = limner.Dataset.from_arrays(images)
    run = limner.train(data, limner.PRESETS["quickdraw"], steps=2000)
    run.sample(16)

Whatever a network comes from, it is one thing, `Trained`, and what it draws and measures shows
itself in a notebook.
"""
