"""Addresses of the admin, and what its forms send."""

from django.urls import reverse

from accounts.models import AuditEntry


def address(page, row, **query):
    """`page` is change, history or delete."""
    return reverse(f"admin:accounts_{row._meta.model_name}_{page}", args=[row.pk], query=query)


def listed(model, page="changelist", **query):
    return reverse(f"admin:accounts_{model._meta.model_name}_{page}", query=query)


def sent(answer, **changes):
    """What the browser would send of the form that it was shown, with these fields written over."""
    context = answer.context
    fields = {"_seen": str(context.get("seen", ""))} if context.get("seen") is not None else {}
    forms = [context["adminform"].form]
    for part in context["inline_admin_formsets"]:
        forms += [part.formset.management_form, *part.formset.forms]
    for form in forms:
        for bound in form:
            fields |= written(bound)
    return {name: value for name, value in (fields | changes).items() if value is not None}


def written(bound):
    value, widget = bound.value(), bound.field.widget
    if hasattr(widget, "widgets_names"):
        parts = value if isinstance(value, list) else widget.decompress(value)
        return {
            bound.html_name + suffix: part for suffix, part in zip(widget.widgets_names, parts, strict=True)
        }
    if getattr(widget, "input_type", "") == "checkbox" and not getattr(
        widget, "allow_multiple_selected", False
    ):
        return {bound.html_name: "on"} if value else {}
    text = widget.format_value(value)
    return {bound.html_name: text if text is not None else ""}


def saved(client, url, **changes):
    return client.post(url, sent(client.get(url), **changes))


def latest(row):
    return AuditEntry.objects.filter(table=row._meta.db_table, row=row.pk).latest("pk")


def results(answer):
    return list(answer.context["cl"].result_list)
