"""What people write in YAML: the model, read with positions, extended, checked, asked and judged by.

Pure but for `files.py` and `library.py`. Begin with `model.py`; `library.py` finds and puts them together,
`questionnaire.py` is what is asked, `assessment.py` what answers raise, `facts.py` what is known besides
(D17).
"""
