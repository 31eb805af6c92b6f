"""What is remembered in the database; the only importer of SQLAlchemy."""
