"""HTML to tagged PDF whose text can be found, copied and read aloud in every script.

Nothing here imports Django, and WeasyPrint is imported only when a PDF is made: web workers
that never make one stay small.
"""
