"""What the pages of notifications ask for."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.admin.inputs import TimeInput
from accounts.models import Notice, NotificationSetting, User
from accounts.notices import telling
from accounts.notices.kinds import KINDS, NAMED, OWNER, Kind

MAILS = [(str(value), label) for value, label in Notice.Mail.choices]


def titles() -> list[tuple[str, str]]:
    return [(key, str(kind.title)) for key, kind in KINDS.items()]


class NoticesForm(forms.Form):
    """Which notifications are listed."""

    kind = forms.ChoiceField(
        label=_("Kind"), required=False, widget=forms.Select(attrs={"class": "form-select"})
    )
    unread = forms.BooleanField(
        label=_("Only unread ones"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    page = forms.IntegerField(required=False, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("All")), *titles()]  # type: ignore[attr-defined]


class NotificationsForm(forms.ModelForm):
    """Of each kind how it is told; the page always has it."""

    class Meta:
        model = NotificationSetting
        fields = ("digest_at", "quiet_from", "quiet_until", "quiet_weekends", "chat_kind", "chat_url")
        field_classes: Mapping[str, type[forms.Field]] = dict.fromkeys(
            ("digest_at", "quiet_from", "quiet_until"), TimeInput
        )
        widgets: Mapping[str, forms.Widget] = {
            name: forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "form-control"})
            for name in ("digest_at", "quiet_from", "quiet_until")
        } | {
            "quiet_weekends": forms.CheckboxInput(attrs={"class": "form-check-input"}),
            "chat_kind": forms.Select(attrs={"class": "form-select"}),
            # As a password: who looks over a shoulder must not read it, and nothing shows it again.
            "chat_url": forms.PasswordInput(
                attrs={"class": "form-control", "dir": "ltr", "autocomplete": "off"}
            ),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chats = NotificationSetting.Chat.choices
        self.fields["chat_kind"].choices = [("", _("none")), *chats]  # type: ignore[attr-defined]
        self.kinds = {key: kind for key, kind in KINDS.items() if _may_concern(user, kind)}
        kept = NotificationSetting(chat_url="kept", channels=self.instance.channels)
        for key, kind in self.kinds.items():
            mail, chat = telling.wish(kept, key)
            self.fields[f"mail-{key}"] = forms.ChoiceField(
                label=_("Mail: %(kind)s") % {"kind": kind.title},
                choices=MAILS,
                required=False,
                initial=mail,
                widget=forms.Select(attrs={"class": "form-select"}),
            )
            self.fields[f"chat-{key}"] = forms.BooleanField(
                label=_("Chat: %(kind)s") % {"kind": kind.title},
                required=False,
                initial=chat,
                widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
            )

    @property
    def of_kinds(self) -> list[tuple[Kind, forms.BoundField, forms.BoundField]]:
        return [(kind, self[f"mail-{key}"], self[f"chat-{key}"]) for key, kind in self.kinds.items()]

    @property
    def of_times(self) -> list[forms.BoundField]:
        return [self[name] for name in ("digest_at", "quiet_from", "quiet_until", "quiet_weekends")]

    @property
    def of_chat(self) -> list[forms.BoundField]:
        return [self["chat_kind"], self["chat_url"]]

    def clean(self) -> dict[str, Any]:
        """An address that is left empty stays, as long as it is the same chat's."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        kind, url = given.get("chat_kind"), given.get("chat_url")
        if url:
            self._check_chat(kind, url)
        elif url == "" and kind and kind == self.initial.get("chat_kind"):
            given["chat_url"] = self.initial["chat_url"]
        return given

    def _check_chat(self, kind: str | None, url: str) -> None:
        if kind == "":
            self.add_error("chat_kind", _("Choose which chat this is."))
        elif kind and (other := NotificationSetting(chat_kind=kind, chat_url=url).other_chat):
            said = _(
                "This is an address of %(chat)s. Choose that chat, or give an address of the chosen one."
            )
            self.add_error("chat_url", said % {"chat": other.label})

    def save(self, commit: bool = True) -> Any:
        told = self.cleaned_data
        self.instance.channels = {
            **self.instance.channels,
            **{key: {"mail": told[f"mail-{key}"], "chat": told[f"chat-{key}"]} for key in self.kinds},
        }
        return super().save(commit)


def _may_concern(user: User, kind: Kind) -> bool:
    return kind.to in {OWNER, NAMED} or user.has_perm(kind.to)
