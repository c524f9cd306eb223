"""The floor: what people do at a shelf, with a scanner or a phone in one hand."""
