"""Questions about EPCIS events, as GS1 EPCIS 2.0 asks them (section 8.2.7.1 and the official OpenAPI).

    parameters      names and values -> conditions
    compiling       conditions -> SQL, for everything that a reader sees whole and for what he sees a part of
    reading         one page of events
    pages           where the next page begins
    shown           what of an event a reader gets
"""
