"""What people write in YAML: the model, read with positions, extended, checked, asked and judged by."""
