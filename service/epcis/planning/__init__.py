"""What a captured event is here: a movement of stock that we keep, or evidence of what others did.

    canonical event --plan(known)--> Command | EVIDENCE     or NotPlanned: it moves our stock and cannot be understood

It is a movement if it happens at a place of the party, speaks of items of the party by lot and quantity, and its
business step moves goods. The rules of the warehouse decide whether it may happen.
"""
