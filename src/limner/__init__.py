"""DRAW, the Deep Recurrent Attentive Writer, for sketches.

Its public names stand in `__init__.pyi`. Each is imported when it is first used, so that
`import limner` is quick.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
