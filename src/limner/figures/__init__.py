"""Figures of drawings, of the windows that drew them, and of how a training went.

The functions take arrays and give a Pillow image, a list of them (the frames of an animation) or a
matplotlib figure. Samples, drawn from the prior, and reconstructions, drawn from the posterior,
look alike, so every figure carries a caption that says what it shows.
"""
