"""Which words of a question carry it, on questions written for this."""

from __future__ import annotations

import numpy as np

from rag.weighty import content_words, light_words, weighty_words, word_tokens, words_with_tokens


def test_content_words_tell_what_a_text_is_about() -> None:
    assert content_words("How do the 40 frogs of a pond sing?") == ["40", "frogs", "pond", "sing"]


def test_words_of_asking_are_light() -> None:
    assert weighty_words("Which papers report how many frogs were found?") == ["frogs"]
    assert weighty_words("What methods do the authors use?") == []


def test_light_words_are_lower_case_and_single() -> None:
    assert len(light_words()) > 200
    assert all(word.isalpha() and word == word.lower() for word in light_words())


def test_a_word_has_the_tokens_that_start_in_it() -> None:
    question, starts = "Which frogs sing loudly?", np.array([6, 9, 12, 17], np.int32)
    assert word_tokens(question, starts) == [[0, 1], [2], [3]]
    assert word_tokens(question, starts, 12) == [[2], [3]]
    assert words_with_tokens(question, starts) == [("frogs", [0, 1]), ("sing", [2]), ("loudly", [3])]


def test_a_letter_that_is_longer_in_lower_case_moves_no_token() -> None:
    question, starts = "İİİİ Frogs sing", np.array([0, 5, 11], np.int32)
    assert words_with_tokens(question, starts) == [("i̇i̇i̇i̇", [0]), ("frogs", [1]), ("sing", [2])]


def test_light_words_count_where_there_is_nothing_else() -> None:
    assert word_tokens("how many papers", np.array([4, 9], np.int32)) == [[0], [1]]
    assert word_tokens("how many frogs", np.array([4, 9], np.int32)) == [[1]]
    assert word_tokens("of what", np.array([], np.int32)) == []
