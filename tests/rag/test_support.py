"""Supported, partial or not: the facts that must match, the sentences quoted, and accuracy on labelled sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from eval.benchmarks import support as benchmark
from eval.sentence_pairs import SUPPORTED, support_pairs
from index_store.embedding import SentenceEmbedder
from index_store.protocols import Vectors
from index_store.types import Paper
from rag.clauses import mixes_up
from rag.comparisons import compared_alike
from rag.drafting import Verdict
from rag.facts import Number, is_named, names, numbers
from rag.polarity import contradicts, drops_hedge, overclaims
from rag.support import SentenceSupport
from rag.types import Quote
from rag.vocabulary import content_words
from tests.fakes import FakeEmbedder

KILNS = Paper("k", "On kilns", "Glass cools slowly. Kilns hold heat for nine hours. Doors leak heat.")
TIDES = Paper("t", "On tides", "Tides rise daily. The moon pulls heat and tides.")


class NoEmbedder(FakeEmbedder):
    def encode(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(f"nothing needs embedding here: {texts}")


@pytest.fixture
def fake() -> SentenceSupport:
    return SentenceSupport(FakeEmbedder(("glass", "kilns", "heat", "doors", "leak", "tides", "rise", "moon")))


def test_a_sentence_of_the_abstract_is_supported_without_any_model() -> None:
    support = SentenceSupport(NoEmbedder(()))
    expected = Verdict("supported", ((1, Quote("Kilns hold heat for nine hours.", 20, 51)),))
    for said in (
        "Kilns hold heat for nine hours.",
        "kilns  hold heat for nine hours",
        "“Kilns hold heat for nine hours.”",
    ):
        assert support.check(said, [TIDES, KILNS]) == expected


def test_other_words_for_the_same_are_supported_and_quote_the_sentence(fake: SentenceSupport) -> None:
    verdict = fake.check("The kilns are holding heat for nine hours.", [KILNS])
    assert verdict == Verdict("supported", ((0, Quote("Kilns hold heat for nine hours.", 20, 51)),))


def test_a_claim_may_rest_on_two_sentences_of_two_papers(fake: SentenceSupport) -> None:
    verdict = fake.check("Doors leak heat, and tides rise daily.", [KILNS, TIDES])
    assert verdict.support == "supported"
    assert {(number, quote.text) for number, quote in verdict.quotes} == {
        (0, "Doors leak heat."),
        (1, "Tides rise daily."),
    }
    for number, quote in verdict.quotes:
        assert (KILNS, TIDES)[number].abstract[quote.start : quote.end] == quote.text


@pytest.mark.parametrize("claim", ["The moon is made of cheese.", "Kilns hold heat for ten hours.", "1 2 3", "", "—"])
def test_what_is_not_said_is_unsupported_and_quotes_nothing(fake: SentenceSupport, claim: str) -> None:
    assert fake.check(claim, [KILNS]) == Verdict("unsupported")


def test_a_paper_without_an_abstract_supports_nothing(fake: SentenceSupport) -> None:
    assert fake.check("Kilns hold heat.", [Paper("x", "Kilns hold heat", "")]) == Verdict("unsupported")
    assert fake.check("Kilns hold heat.", []) == Verdict("unsupported")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cut by 12%", [(12, "%")]),
        ("cut by 12 percent", [(12, "%")]),
        ("14,000 firings and 0.95", [(14000, ""), (0.95, "")]),
        ("2.1x, 3-fold, 4×, 5 times, a factor of 7.6", [(2.1, "x"), (3, "x"), (4, "x"), (5, "x"), (7.6, "x")]),
        ("a 7B model, 2.3 million users", [(7e9, ""), (2.3e6, "")]),
        ("40 ms or 40 seconds, 4-bit", [(0.04, "time"), (40, "time"), (4, "bit")]),
        ("GPT-4, L2, Llama-3.1", []),
        ("five days; twice", [(432000, "time"), (2, "x")]),
        ("three and a half hours, half a year, an order of magnitude", [(12600, "time"), (6, "months"), (10, "x")]),
        ("tenfold, ten thousand times, a factor of ten", [(10, "x"), (10000, "x"), (10, "x")]),
        ("eight 16-gigabyte V100 cards, four GPU hours", [(8, ""), (16, "bytes"), (14400, "time")]),
        ("forty-two cats, a million dogs; halved", [(42, ""), (1e6, ""), (50, "%")]),
        ("90 euros a month, 5 m high, often", [(90, ""), (1, "months"), (5, "length")]),
        ("-1.5 nats, −3 percent, $-2$", [(-1.5, ""), (-3, "%"), (-2, "")]),
        ("3-5 days, GPT-4, -- 6, 10 - 20", [(3, ""), (432000, "time"), (6, ""), (10, ""), (20, "")]),
        ("2.5e6 steps, 1e-4, 3E+2 ms, 1e−2, 4e7b", [(2.5e6, ""), (1e-4, ""), (0.3, "time"), (0.01, ""), (4, "")]),
    ],
)
def test_quantities_are_read_with_their_units(text: str, found: list[tuple[float, str]]) -> None:
    assert [(n.value, n.unit) for n in numbers(text)] == found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12%", "12 percent", True),
        ("12%", "21%", False),
        ("40 ms", "40 s", False),
        ("95%", "0.95", True),
        ("40 cases", "40", True),
        ("three models", "3 models", True),
        ("2.30", "2.3", True),
        ("60 minutes", "one hour", True),
        ("half a year", "six months", True),
        ("ten times", "a factor of 10", True),
        ("4 minutes", "4 seconds", False),
        ("2.5e6", "2.5e9", False),
        ("-3%", "3 percent", True),
    ],
)
def test_quantities_agree_or_not(one: str, other: str, same: bool) -> None:
    (a,), (b,) = numbers(one), numbers(other)
    assert a.agrees(b) is b.agrees(a) is same
    assert a.agrees(Number(a.value, a.unit))


def test_names_are_found_and_matched_in_any_spelling() -> None:
    assert names("Here GPT-4, LLMs and KilnNet beat Delft-Q in Slovenia.") == [
        "GPT-4",
        "LLMs",
        "KilnNet",
        "Delft-Q",
        "Slovenia",
    ]
    assert is_named("LLMs", "large language models")
    assert is_named("L-Mul", "we call it LMul")
    assert not is_named("GPT-3", "GPT-35 and GPT4")
    assert not is_named("Austria", "hives in Slovenia")


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("RNN", "modern neural networks", False),
        ("RAG", "it leverages a paragraph", False),
        ("LoRA", "a flora of ferns", False),
        ("NER", "generalisation", False),
        ("RNN", "FlashRNN is quick", True),
        ("Flash", "FlashRNN is quick", True),
        ("CNNs", "a CNN, in 3D-CNN form", True),
        ("CNN", "two CNNs", True),
        ("KilnNet-2", "Kiln Net2 and KilnNet-25", True),
        ("KilnNet-2", "KilnNet-25", False),
        ("Austria", "Austrian hives", True),
    ],
)
def test_a_name_is_no_run_of_letters_across_and_inside_words(name: str, text: str, named: bool) -> None:
    assert is_named(name, text) is named


@pytest.mark.parametrize(
    ("claim", "graded"),
    [
        ("The kilns are holding heat at -9 degrees.", "supported"),
        ("The kilns are holding heat at 9 degrees.", "partial"),
        ("The kilns are holding heat at -8 degrees.", "unsupported"),
    ],
)
def test_a_number_that_lost_its_sign_is_said_in_part(fake: SentenceSupport, claim: str, graded: str) -> None:
    assert fake.check(claim, [Paper("k", "On kilns", "Kilns hold heat at −9 degrees.")]).support == graded


@pytest.mark.parametrize(
    ("claim", "source", "contradictory"),
    [
        ("It requires training.", "It does not require training.", True),
        ("It does not require training.", "It requires no training at all.", False),
        ("It improves accuracy.", "It improves accuracy without loss of speed.", False),
        ("It increases the error.", "It reduces the error.", True),
        ("It increases speed.", "It reduces the error.", False),
        ("It reduces cost.", "It increases speed and reduces cost.", False),
        ("Larger models forget faster.", "Larger models forget more slowly.", True),
        ("It is not only fast.", "It is fast.", False),
        ("Mortality was affected.", "Mortality was unaffected.", True),
        ("Sick days did not decrease.", "The number of sick days did not change.", False),
        ("It cannot see lakes at night.", "It misses lakes at night.", False),
        ("It cuts gas use.", "It cuts gas use without lowering the quality.", False),
        ("The number of lakes fell by 12%.", "The number of lakes rose by 12%.", True),
        ("Reviewers found fewer faults.", "Reviewers found twice as many faults.", True),
    ],
)
def test_negations_and_opposites_are_seen(claim: str, source: str, contradictory: bool) -> None:
    assert contradicts(claim, source) is contradictory


def test_forms_of_a_word_meet_in_one_stem() -> None:
    for forms in ("reduces reduced reducing reduce", "efficient efficiency", "models model", "running run runs"):
        assert len({content_words(form)[0] for form in forms.split()}) == 1, forms


@pytest.mark.parametrize(
    ("claim", "source", "alike"),
    [
        ("Moss is less effective than a filter.", "Moss was less effective than a filter.", True),
        ("A filter is less effective than moss.", "Moss was less effective than a filter.", False),
        ("A filter is more effective than moss.", "Moss was less effective than a filter.", True),
        ("A filter is more effective.", "Moss was less effective than a filter.", True),
        ("GrowCast outperformed YeaFormer.", "YeaFormer did worse than GrowCast.", True),
        ("GCN was beaten by DeepWalk.", "GCN beat DeepWalk.", False),
        ("Wide rankers are faster than ColBERT.", "Compared with wide rankers, ColBERT is ten times faster.", False),
        ("Moss is cheaper than a filter.", "Moss was less effective than a filter.", None),
        ("A filter is not less effective than moss.", "Moss was less effective than a filter.", True),
        ("GCN does not beat DeepWalk.", "GCN beat DeepWalk.", False),
        ("Moss is green.", "Moss was less effective than a filter.", None),
    ],
)
def test_comparisons_must_be_the_same_way_round(claim: str, source: str, alike: bool | None) -> None:
    assert compared_alike(claim, source) is alike


FAULTS = "Reviewers found 61% of the faults in code written by people but 44% in code written by models."
TRAINED = "Trained on 1,020 strains in 43 media, it explains 72% of the variance."


@pytest.mark.parametrize(
    ("claim", "source", "mixed"),
    [
        ("Reviewers found 61% of the faults in code written by models.", FAULTS, True),
        ("Reviewers found 44% of the faults in code written by models.", FAULTS, False),
        ("In people's code 61% of the faults were found, in that of models 44%.", FAULTS, False),
        ("Reviewers found more faults in code written by models than in code written by people.", FAULTS, True),
        ("Reviewers found fewer faults in code written by models than in code written by people.", FAULTS, False),
        ("It was trained on 43 strains in 1,020 media.", TRAINED, True),
        ("It was trained on 1,020 strains.", TRAINED, False),
        ("Snow lowers recall.", "Wind lowers recall, whereas snow has little influence.", True),
        ("Wind lowers recall.", "Wind lowers recall, whereas snow has little influence.", False),
        ("It reached 81.5 on Citeseer.", "It reached 81.5 percent on Cora and 70.3 on Citeseer.", True),
        ("RoBERTa needed 90 hours.", "Training DistilBERT took 90 hours, whereas RoBERTa needed a day.", True),
    ],
)
def test_numbers_stay_with_what_they_count(claim: str, source: str, mixed: bool) -> None:
    assert mixes_up(claim, source) is mixed


@pytest.mark.parametrize(
    ("claim", "source", "dropped"),
    [
        ("The approach works for bacteria.", "The approach could probably be extended to bacteria.", True),
        ("The approach may work for bacteria.", "The approach could probably be extended to bacteria.", False),
        ("A panel costs 90 euros.", "Each panel costs 90 euros and may need watering.", False),
    ],
)
def test_a_supposition_is_no_statement(claim: str, source: str, dropped: bool) -> None:
    assert drops_hedge(claim, source) is dropped


@pytest.mark.parametrize(
    ("claim", "source", "over"),
    [
        ("All models build on it.", "Nearly every model builds on it.", True),
        ("All models build on it.", "Every model builds on it.", False),
        ("It never fails.", "It failed once.", True),
        ("Models build on it.", "Some models build on it.", False),
    ],
)
def test_claims_about_all_cases_need_a_source_that_says_all(claim: str, source: str, over: bool) -> None:
    assert overclaims(claim, source) is over


class Entails:
    """An NLI model that always says the same."""

    def __init__(self, entailed: float, contradicted: float) -> None:
        self.answer = (entailed, contradicted)
        self.asked: list[tuple[str, str]] = []

    def judge(self, premise: str, claim: str) -> tuple[float, float]:
        self.asked.append((premise, claim))
        return self.answer


@pytest.mark.parametrize(
    ("answer", "support"), [((0.9, 0.05), "supported"), ((0.1, 0.8), "unsupported"), ((0.3, 0.3), "partial")]
)
def test_an_nli_model_judges_what_the_rules_let_pass(answer: tuple[float, float], support: str) -> None:
    model = Entails(*answer)
    check = SentenceSupport(FakeEmbedder(("kilns", "heat", "hold")), model)
    assert check.check("The kilns are holding heat for nine hours.", [KILNS]).support == support
    assert model.asked == [("Kilns hold heat for nine hours.", "The kilns are holding heat for nine hours.")]
    assert check.check("The kilns are holding heat for ten hours.", [KILNS]).support == "unsupported"
    assert check.check("Kilns hold heat for nine hours.", [KILNS]).support == "supported"
    assert len(model.asked) == 1  # what the rules settle needs no model


def test_there_are_enough_pairs_and_papers_take_turns() -> None:
    halves = [support_pairs("dev"), support_pairs("test")]
    assert sum(map(len, halves)) >= 240
    papers = [{pair.paper for pair in half} for half in halves]
    assert not papers[0] & papers[1]
    assert len(papers[0]) == len(papers[1])
    for half in halves:
        kinds = Counter(pair.kind for pair in half)
        assert min(kinds[kind] for kind in ("number", "negated", "entity", "general", "unrelated")) >= 10
        assert 0.3 <= kinds[SUPPORTED] / len(half) <= 0.5


def test_the_published_figures_are_those_of_today() -> None:
    check = SentenceSupport(SentenceEmbedder(precision="float32"))
    published = benchmark.PAGE.read_text("utf-8")
    today = benchmark.headline(benchmark.judge("dev", check), benchmark.judge("test", check))
    assert today in published, "run `python -m eval.benchmarks.support`"
    assert benchmark.disagreements() in published, "run `python -m eval.benchmarks.support`"
