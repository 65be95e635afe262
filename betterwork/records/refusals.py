"""Sentences of this app's refusals."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "upload_too_large": _(
        "%(name)s is larger than %(limit_mb)s MB. Send a smaller file; nothing else was lost."
    ),
    "upload_empty": _("%(name)s is empty. Choose the file again."),
    "upload_kind": _(
        "%(name)s is not a kind of file we keep here. Send a photo (JPG, PNG) or a PDF."
    ),
    "upload_disguised": _(
        "%(name)s says it is one kind of file and holds another (%(kind)s). Save it again under its"
        " right name."
    ),
    "upload_unreadable": _("%(name)s cannot be opened as a picture. Take or save the photo again."),
}
