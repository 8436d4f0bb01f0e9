"""On the way: reports, which visit is meant, who answers an alarm, the cards.

Begin with `report.py` (the worker, or who took it down) and `answer.py` (the desk). Nothing here refuses to
take a report: what is odd about it is asked, and said.
"""
