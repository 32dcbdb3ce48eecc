"""limner in Python: train, load, and the trained network that both give.

    data = limner.Dataset.from_arrays(images)
    run = limner.train(data, limner.PRESETS["quickdraw"], steps=2000)
    run.sample(16)

Both give a `Trained`, wherever the network came from. What it draws and measures shows itself in a
notebook.
"""
