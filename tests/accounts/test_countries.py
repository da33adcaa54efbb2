"""Countries by their codes and by what people call them."""

import pytest

from accounts.countries import OTHERWISE, country_called, known_countries, names_of_countries


def test_all_countries_have_a_name_in_both_languages():
    # Those of ISO 3166, and Kosovo.
    assert len(known_countries()) == 250
    assert set(names_of_countries("ar")) == known_countries()
    assert set(OTHERWISE) < known_countries()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_country_is_found_by_its_name(language):
    assert all(country_called(name) == code for code, name in names_of_countries(language).items())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("sa", "SA"),
        ("KSA", "SA"),
        ("المملكة العربية السعودية", "SA"),
        ("سعوديه", "SA"),
        ("united-arab emirates", "AE"),
        ("Turkey", "TR"),
        ("XX", ""),
        ("EU", ""),
        ("Arabia", ""),
        ("", ""),
    ],
)
def test_country_is_called_in_many_ways(name, code):
    assert country_called(name) == code
