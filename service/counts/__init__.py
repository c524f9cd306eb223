"""Count sheets as acts of people: made, counted, approved, posted. Rules: service.domain.count_sheets."""
