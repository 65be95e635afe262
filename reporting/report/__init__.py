"""The assessment report: its data, its words, its page and its PDF.

`data.build` reads everything once, as of the days that count, into plain JSON; `page` gives that
data its words in the report's language; `printing` makes the tagged PDF of it. Nothing after
`data` reads the database, so an old report stays what it was.
"""
