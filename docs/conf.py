"""The documentation site, with the extra `docs` installed.

sphinx-build -W docs build/docs             the site; it executes the notebooks, in a few minutes
sphinx-build -b linkcheck docs build/links  external links; needs a network
"""

import typing
from importlib.metadata import version as version_of

# jaxtyping then shows a shape as it is written: Float[Array, "c h w"].
typing.GENERATING_DOCUMENTATION = "jaxtyping"

project = "limner"
author = copyright = "The limner authors"
version = release = version_of("limner")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
default_role = "code"  # a single backtick in a docstring

myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_timeout = 400
"""Seconds for each cell."""
nb_execution_raise_on_error = True
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
autodoc_class_signature = "separated"
autodoc_default_options = {"exclude-members": "__init__, __new__"}
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_rtype = False
smartquotes_action = "qe"  # not the dashes of --options

html_theme = "furo"
html_title = "limner"
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#265ca4", "color-brand-content": "#265ca4"},
    "dark_css_variables": {"color-brand-primary": "#8ab4f0", "color-brand-content": "#8ab4f0"},
}
html_static_path = ["static"]
html_css_files = ["site.css"]
copybutton_exclude = ".linenos, .gp, .go"
linkcheck_ignore = [r"http://(localhost|127\.0\.0\.1)"]


def keep_colons(app, what, name, obj, options, lines):
    """Begin an attribute's docstring with an empty comment.

    Napoleon takes what stands before a colon in its first line for the attribute's type.
    """
    if what in ("attribute", "property"):
        lines[:0] = ["..", ""]


def setup(app):
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", keep_colons, priority=400)  # before napoleon's 500
