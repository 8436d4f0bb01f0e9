"""What people type and read: cleaned, escaped, dated, counted. Knows nothing of visits."""
