"""A town's server: processes of three kinds over one PostgreSQL, and what watches them on one machine."""
