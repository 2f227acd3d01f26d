"""Files that do not keep a rule of `tests/test_names.py` yet: `python -m tests.test_names` writes this file."""

UNFINISHED: dict[str, list[str]] = {
    "gerund_modules": [
    ],
    "banned_words": [
    ],
    "repeated_names": [
    ],
    "long_parameter_lists": [
    ],
    "docstrings_without_verb": [
    ],
    "long_error_titles": [
    ],
    "odd_class_names": [
    ],
}
