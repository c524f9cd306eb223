"""What Prometheus reads: `GET /metrics`.

Two kinds of figures. What concerns the ledger lies in the database and is read from there at each scrape, so every web
process gives the same answer. What concerns requests and connections is counted by each process in a file that all
processes of one server share (prometheus_client's multiprocess mode), so that the answer is the sum, whichever process
gives it. No label holds what a caller chose: routes are templates, methods and statuses are few, alarms have names.
"""
