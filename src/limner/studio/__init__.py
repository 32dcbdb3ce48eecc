"""The studio: a page to draw on, which runs DRAW in the visitor's browser.

static/         the page: plain ES modules and CSS, used as they are; static/model/ is DRAW
                in JavaScript
examples.json   a drawing by hand of each of many categories, to start from
models.py       which runs there are
site.py         the page and its models as a set of files; writing them to a folder
server.py       serving them on this machine
"""
