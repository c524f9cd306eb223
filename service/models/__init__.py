"""The tables of the warehouse, as SQLAlchemy Core sees them: `from service.models import tables`."""
