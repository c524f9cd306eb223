"""A party's own hand: its keys, and what it signs with them, on a machine that the service never sees.

    keys      Ed25519 keys in files that open with a passphrase, and the proof that one has a key
    shown     what a statement would say, checked before anybody signs it
    door      requests to the service, carried out with signatures where it asks for them
    cli       lotproof-sign

Stands on the standard library, `cryptography` and `verifier`, so that it can be read in an hour.
"""
