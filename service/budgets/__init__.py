"""How much one caller may ask of the service, so that it stays quick for the others.

    rate     the arithmetic: a bucket that refills steadily
    table    many buckets in memory that the processes of one server share
    kinds    which operations draw from which bucket
    desk     who pays for a request, and the 429 for who cannot
    public   what is paid for by address
    early    the 429 again, for who does not wait

Exact among the threads and processes of one server; several servers count each for itself.
"""
