"""What the hostile campaign bends, how, and how it knows whether a yes was right."""
