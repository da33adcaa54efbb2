from surveys.models.scales import GradedScale
from surveys.models.surveys import Survey, SurveyVersion

__all__ = ["GradedScale", "Survey", "SurveyVersion"]
