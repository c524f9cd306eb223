"""Subscriptions to named queries: whoever subscribes is told of every event that answers the query, once, in the order
in which events arrived.

    epcis_arriving --placing--> epcis_arrival     a place for each event, given after it was committed
    epcis_subscription.place                      all before it was told
    schedule                                      when, if not at once
    telling                                       what is to be sent next, and what became of it
    teller                                        the threads that send, in the worker process

What is sent is fixed before it is sent: after a crash, or an answer that got lost, the same events are sent again as
the same document (its `id`), and never with others. Evidence: tests/service/epcis_query/test_subscriptions.py.
"""
