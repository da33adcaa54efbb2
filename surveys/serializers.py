"""What the API says of surveys, of who was asked, and of what they answered."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api_fields import ORIGIN, LocalizedText, Reference, RowSerializer, Whole
from surveys import tokens
from surveys.answering import scales_of
from surveys.content import Kind, Question, read
from surveys.inviting import MOST_DAYS_VALID, invite, survivor
from surveys.models import Answer, Invitation, Response, Survey
from surveys.models.asking import DAYS_VALID
from surveys.scales import Band, Measure, Scale


class SurveySerializer(RowSerializer):
    state = serializers.ChoiceField(choices=Survey.State.choices)
    version = serializers.IntegerField(
        source="latest", allow_null=True, help_text="The one that is asked now. Null: none was published."
    )
    languages = serializers.SerializerMethodField(help_text="In which it is asked.")

    class Meta:
        model = Survey
        fields: tuple[str, ...] = (
            "id",
            "name",
            "touchpoint",
            "identity",
            "state",
            "version",
            "languages",
            "opens",
            "closes",
            "quota",
            "hours_to_edit",
            "made_at",
            "archived_at",
        )
        read_only_fields = fields

    def to_representation(self, survey: Any) -> dict[str, Any]:
        survey.content = read(survey.asked or {})
        return super().to_representation(survey)

    def get_languages(self, survey: Any) -> list[str]:
        return list(survey.content.languages())


class ScalePointSerializer(serializers.Serializer[Any]):
    value = serializers.IntegerField()
    label = LocalizedText()  # type: ignore[assignment]  # a field of this name
    sign = serializers.CharField(help_text="What stands for it where there are no words.")
    band = serializers.ChoiceField(
        choices=Band.choices,
        help_text="Of a question that is turned, that of the point as far from the other end.",
    )


@extend_schema_field(ScalePointSerializer(many=True))
class Points(serializers.Field):
    """All of a scale, each with its band."""

    def to_representation(self, scale: Scale) -> list[dict[str, Any]]:
        return [
            {"value": one.value, "label": one.label, "sign": one.sign, "band": scale.band(one.value).value}
            for one in scale.points
        ]


class ScaleSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = LocalizedText()
    measure = serializers.ChoiceField(
        choices=Measure.choices, allow_blank=True, help_text="The figure that it counts in, if any."
    )
    points = Points(source="*")


class OptionSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    text = LocalizedText()


class ConditionSerializer(serializers.Serializer[Any]):
    """An earlier answer is one of these: options, or numbers from `least` to `most`."""

    question = serializers.CharField()
    one_of = serializers.ListField(child=serializers.CharField())
    least = serializers.IntegerField(allow_null=True)
    most = serializers.IntegerField(allow_null=True)


class QuestionSerializer(serializers.Serializer[Question]):
    key = serializers.CharField(help_text="The same in every version.")
    kind = serializers.ChoiceField(choices=Kind.choices)
    text = LocalizedText()
    help = LocalizedText()
    required = serializers.BooleanField()  # type: ignore[assignment]  # a field of this name
    scale = serializers.CharField(help_text="The key of one of the scales, if it is answered on one.")
    is_turned = serializers.BooleanField(
        help_text="More is worse; scores are turned, so that more is better."
    )
    options = OptionSerializer(many=True)
    has_other = serializers.BooleanField(help_text="Something else may be written.")
    least = serializers.IntegerField(allow_null=True)
    most = serializers.IntegerField(allow_null=True)
    shows_if = ConditionSerializer(many=True, help_text="All of these hold; without any, always.")


class OneSurveySerializer(SurveySerializer):
    questions = QuestionSerializer(
        source="content.questions", many=True, help_text="Of the version that is asked."
    )
    scales = serializers.SerializerMethodField(help_text="Those that its questions are answered on.")

    class Meta(SurveySerializer.Meta):
        fields = (*SurveySerializer.Meta.fields, "questions", "scales")
        read_only_fields = fields

    @extend_schema_field(ScaleSerializer(many=True))
    def get_scales(self, survey: Any) -> Any:
        known = scales_of(survey.content)
        named = dict.fromkeys(one.scale for one in survey.content.questions if one.scale in known)
        return ScaleSerializer([known[key] for key in named], many=True).data


class InvitationSerializer(RowSerializer):
    answered = serializers.BooleanField(
        source="is_answered", allow_null=True, help_text="Null: nobody is told, for the survey is anonymous."
    )

    class Meta:
        model = Invitation
        fields: tuple[str, ...] = (
            "id",
            "survey",
            "account",
            "contact",
            "ticket",
            "channel",
            "language",
            "invited_at",
            "delivered_at",
            "started_at",
            "completed_at",
            "answered",
            "expires_at",
            "revoked_at",
            *ORIGIN,
        )
        read_only_fields = fields


class MadeInvitationSerializer(InvitationSerializer):
    address = serializers.SerializerMethodField(
        help_text="At which it is answered, by whoever has it. Give it to nobody but the person."
    )

    class Meta(InvitationSerializer.Meta):
        fields = (*InvitationSerializer.Meta.fields, "address")
        read_only_fields = fields

    def get_address(self, invitation: Invitation) -> str:
        return settings.URL + reverse("surveys:answer", args=[tokens.of(invitation)])


@extend_schema_field({"type": "string", "pattern": "^[0-9]{1,18}$"})
class SurveyId(Reference):
    """Others have no names for surveys."""

    default_error_messages: ClassVar = {"incorrect_type": gettext_lazy("Give an id as a string of digits.")}

    def _condition(self, given: Any, model: Any) -> dict[str, Any]:
        if isinstance(given, Mapping):
            self.fail("incorrect_type")
        return super()._condition(given, model)


class NewInvitationSerializer(RowSerializer):
    """Of a contact, whose account need not be named, or of an account. Whom a contact was merged into is asked."""

    survey = SurveyId(queryset=Survey.objects.all())
    days_valid = Whole(
        required=False, min_value=1, max_value=MOST_DAYS_VALID, help_text=f"{DAYS_VALID}, if not given."
    )

    class Meta:
        model = Invitation
        fields = (
            "survey",
            "account",
            "contact",
            "ticket",
            "language",
            "days_valid",
            "source",
            "external_id",
        )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        contact, account = survivor(given.get("contact")), given.get("account")
        account = account or (contact and survivor(contact.account))
        if account is None:
            raise serializers.ValidationError({"contact": _("Say who is asked: a contact, or an account.")})
        given |= {"account": account, "contact": contact}
        self._check_belongs(given)
        self._check_language(given)
        return super().validate(given)

    def _check_belongs(self, given: dict[str, Any]) -> None:
        wrong = {
            name: _("This is of another account.")
            for name in ("contact", "ticket")
            if given.get(name) and survivor(given[name].account) != given["account"]
        }
        if wrong:
            raise serializers.ValidationError(wrong)

    def _check_language(self, given: dict[str, Any]) -> None:
        current = given["survey"].current
        known = current.content.languages() if current else []
        if current and given.get("language") and given["language"] not in known:
            message = _("The survey is asked in: %(languages)s.") % {"languages": ", ".join(known)}
            raise serializers.ValidationError({"language": message})

    def create(self, given: dict[str, Any]) -> Invitation:
        """`is_new` says whether it was not there before. Raises NotInvited."""
        invitation, self.is_new = invite(self.row, given.get("days_valid", DAYS_VALID), timezone.now())
        return invitation


class SurveyAnswerSerializer(RowSerializer):
    class Meta:
        model = Answer
        fields = ("question", "value", "text", "scale", "measure", "score", "band")
        read_only_fields = fields


class ResponseSerializer(RowSerializer):
    id = serializers.UUIDField(read_only=True)
    version = serializers.IntegerField(
        source="version.number", help_text="To whose questions the answers are."
    )
    answers = SurveyAnswerSerializer(many=True)

    class Meta:
        model = Response
        fields = (
            "id",
            "survey",
            "version",
            "invitation",
            "account",
            "contact",
            "ticket",
            "channel",
            "language",
            "responded_at",
            "completed_at",
            "band",
            "is_machine",
            "wants_contact",
            "answers",
            *ORIGIN,
        )
        read_only_fields = fields
