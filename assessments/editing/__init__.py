"""Reading and changing versions of the tool: fields of a question, comparisons, pages' data."""
