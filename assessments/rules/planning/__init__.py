"""Planning of unannounced visits: dates drawn at random first, teams chosen second.

problem      facts that go in, the plan that comes out, the settings
dates        the dates a factory's visit may have at all, whatever else is planned
draw         make_plan(problem, random=SystemRandom()) -> Plan
changes      replan(problem, plan, change) -> Replanned: fewest changes, told as a Diff
checker      check_plan(problem, plan) -> list[Breach]; shares no code with the planner
board        explain, open_dates and what_if for one visit that a person looks at or moves
load         month_load(problem, plan) -> what each month needs and has, lead-days apart
entropy      how hard to guess: per visit, per plan, and measured over shadow plans
solver       CP-SAT, imported where it is used: re-teaming and reasons

Rules: docs/domain/rules/planning.md. Why it is done so: docs/adr/0006-planning.md.
"""
