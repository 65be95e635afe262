"""Pages of the plan, visits, meetings and progress reports: one module per noun."""
