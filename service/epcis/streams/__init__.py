"""Streams: whoever opened a WebSocket is told of every event that answers the question, once, in the order of arrival.

    handshake   the HTTP request that asks for one goes through the app as any other: who calls, what he may and asks
    opening     what came of it: the question, when to tell, and from where
    line        which message comes next (the database; pure of sockets)
    server      sockets: pings, who is too slow, who may no longer, how many there are
    process     one process beside the web workers, with a port of its own

A message is an EPCISQueryDocument. It says how far it goes (`cursor`): who comes back with that hears what follows, and
nothing twice. Nothing is kept here of a stream that ended. Evidence: tests/service/epcis_query/test_streams.py.
"""
