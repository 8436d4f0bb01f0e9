"""After the visit: forms, what others are told, documents, markers."""
