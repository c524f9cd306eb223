"""Capture: a document becomes a job, the job becomes events.

    POST /capture -> jobs.begin -> warehouse.epcis_capture -> crew (threads of the web process) -> captured.capture

The work is done in the web process, which has the parties' signing keys; the worker must not have them. A job is in the
database before it is acknowledged, and whichever web process comes by takes it up, so none is lost with a process. What
is written of it is written in one transaction with the job's own state: exactly once.
"""
