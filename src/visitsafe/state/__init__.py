"""What the entries of one plan mean: who may say what, the fold, the visit, the ladder, what is owed."""
