"""Erasures: asked for by one, approved by two others, carried out in the transaction of the second approval."""
