"""Sentences of refused steps about people."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "role_not_granted": _("This role is not given by a programme."),
    "planner_not_oneself": _(
        "Planners see sealed visits, so nobody makes themselves one. Ask another manager."
    ),
    "hat_needs_factory": _("Say which factory this person acts for."),
    "hat_needs_group": _("Say which manufacturing group this person acts for."),
    "hat_needs_buyer": _("Say which buyer this person acts for."),
    "already_member": _("This person already has this role. Nothing was sent."),
    "already_invited": _(
        "This person was already invited to this role. Send the invitation again from the list."
    ),
    "invitation_unknown": _("This link leads to no invitation."),
    "invitation_used": _("This invitation was already accepted."),
    "invitation_withdrawn": _("This invitation was withdrawn."),
    "invitation_expired": _("This invitation is too old."),
    "invitation_other_person": _("This invitation is for somebody else."),
    "account_exists": _("There is an account at this address. Sign in, then accept."),
    "name_needed": _("Enter your name."),
    "own_membership": _("You cannot end your own role. Ask another programme manager."),
}
