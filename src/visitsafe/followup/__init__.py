"""After the visit: what happened, how it was, what others are told, documents of a case, warning markers.

Begin with `forms.FormKind`: an incident, a debrief and a document are each one description of it, in a file
of its own, and `cli.forms` runs them all. `owed` finds what is owed. Nothing here decides about a visit.
"""
