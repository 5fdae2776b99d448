"""How tables are updated; the only folder that knows the machine."""
