"""What each capability costs, beside the thing a user would pick instead, in one run on one machine.

    ./lotproof bench              everything (some minutes)
    ./lotproof bench gas log      some of it

A figure is only worth something beside another one of the same run: the machine, its disk and its neighbours differ.
Every part is a module with `measure(scale)`, which yields rows as they are found.
"""
