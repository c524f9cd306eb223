"""Where a lot comes from and where it went, through every transformation and handoff that its party may see."""
