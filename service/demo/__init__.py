"""The demo: a story played over HTTP, proved, verified by the standalone tool, and then lied about.

`story` reads the data file · `door` is the small HTTP client · `play` plays it as the companies would · `prove`
fetches the files as a regulator · `judge` runs the packed verifier in a process of its own · `lies` are what a
dishonest operator would try · `report` prints what was proven. Nothing here is imported by the service.
"""
