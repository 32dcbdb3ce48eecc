"""The studio: a page on this machine to draw on, and the service behind it.

    static/         the page: plain ES modules and CSS, served as they are; in static/model
                    DRAW in JavaScript, which the page does not use yet
    models.py       which runs there are; a network and what can be asked of it
    strokes.py      strokes of a visitor to the picture that a model sees, and to a file
    batching.py     a bounded number of requests, batched where they can be
    warmup.py       compiling and measuring in the background
    schemas.py      the requests and answers of the API, version 1
    api.py          the routes
    middleware.py   what is refused before anything is computed
    server.py       the application: the API and the page's files behind the guard; its process

It needs the packages of `limner[studio]`.
"""
