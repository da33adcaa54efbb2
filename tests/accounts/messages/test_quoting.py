import pytest

from accounts.messages.quoting import without_quoted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Yes.\n\nOn Mon, 3 May 2026, cxhub wrote:\n> Are you well?\n> cxhub\n", "Yes."),
        ("نعم.\n\nفي ٣ مايو ٢٠٢٦، كتب سي إكس هب:\n> كيف حالكم؟", "نعم."),
        ("Yes.\n\nOn Mon, 3 May 2026 at 10:00, somebody\n<a@example.com> wrote:\n\n> Are you well?", "Yes."),
        ("Yes.\n-----Original Message-----\nFrom: cxhub\nAre you well?", "Yes."),
        ("Yes.\n> A question\nAn answer", "Yes.\n> A question\nAn answer"),
        ("> A question\n\nAn answer\n\n> Another", "> A question\n\nAn answer"),
        ("> All of it is quoted", "> All of it is quoted"),
        ("My three wishes:\n> none", "My three wishes:"),
        ("He wrote:\nnothing", "He wrote:\nnothing"),
        ("", ""),
    ],
)
def test_only_what_is_certainly_quoted_goes(text, said):
    assert without_quoted(text) == said
