"""After a restore: what partners' files give back, and what the warehouse still lacks."""
