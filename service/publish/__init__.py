"""The log for foreign tools: checkpoint and tiles as C2SP tlog-tiles, and the anchors' accumulator as tiles of the
same form.
"""
