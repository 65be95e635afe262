"""What the demo's people have in common. They exist only where settings.DEMO is on."""

# Written in the open on purpose: it opens fictitious people on a machine of one's own. Production
# settings switch DEMO off, and then neither the loader nor `demo_logins` does anything.
DEMO_PASSWORD = "thread-and-needle"  # noqa: S105
