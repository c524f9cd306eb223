"""Papers: what people in a warehouse hold in their hands, as PDF. They print what the interface answers, no more."""
