"""What lies in which table, and the SQL for it."""
