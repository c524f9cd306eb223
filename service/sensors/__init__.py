"""Sensors and what they measured.

    keeping       sensors, where they hang, calibration
    readings      what comes in: exactly once, in bulk, late or out of order
    logger        the file of a logger as readings
    sheet         readings as texts; sealing puts their hashes on a notice of the log
    whereabouts   where lots were, from when to when
    limits        what holds at a point: of the zone, and of the items that lie there
    judging       readings against limits: excursions, the goods they hold, whom they are told
    health        what a lot went through; ageing, which the allocator sorts by
    watching      the thread that seals, judges what nobody judged, and hears silence
"""
