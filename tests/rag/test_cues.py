"""What a question asks for and what a sentence offers, on questions and sentences written for this."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rag.cues import (
    asks_detail,
    asks_for_papers,
    asks_for_several,
    asks_how_many,
    asks_of_any_paper,
    asks_quantity,
    asks_to_compare,
    has_number,
    states_contribution,
)

LISTINGS = [
    "Which papers discuss tidal turbines?",
    "which papers use radar to count birds",
    "List the papers on peat bogs.",
    "List all papers from 2021 about glaciers",
    "What papers do you have on beekeeping?",
    "Are there any papers about wind erosion?",
    "How many papers are about coral?",
    "How many of the studies used drones?",
    "Find me papers about lichens",
    "Show me all the studies on soil crusts",
    "Any articles on sea ice?",
    "Which abstracts mention lidar?",
    "Coral bleaching: which papers do you have?",
    "all the papers on moss, please",
    "Which works treat rivers as networks?",
    "What works are there on permafrost?",
    "List works by geologists.",
    "What other works deal with dunes?",
    "Do you know any publications about estuaries?",
    "Which of these studies were made in Norway?",
    "papers on moss",
    "Recent articles about drones",
    "Hello, some good papers using radar please",
    "give me 3 papers about distillation of water",
    "Can you recommend some literature on reefs?",
    "I need studies with field work.",
    "Number of papers on tides",
    "Papers not about fish",
    "tidal energy papers",
]
NO_LISTINGS = [
    "What is a tidal turbine?",
    "How does a peat bog store carbon?",
    "Which sensor works best in fog?",
    "What works for small ponds?",
    "Which of the two filters works better?",
    "Show how the pump works.",
    "Find out why the valve works at all",
    "Is there a list of all stations?",
    "How many stations were used?",
    "What does the paper on glaciers conclude?",
    "In the paper on glaciers, how many were measured?",
    "What do these papers have in common?",
    "Compare these papers",
    "Summarise both papers",
    "the two papers",
    "How does the filter work on papers with tables?",
    "Compare radar with lidar.",
    "Who wrote about lichens?",
    "What do we have on soil crusts?",
    "Explain how paper is made.",
    "What is it that works so well?",
    "Why was the study stopped?",
    "How long did the experiment take?",
    "Does the drone work in rain?",
    "What is studied here?",
    "Tell me about sea ice.",
    "What holds? All of it. Papers burn.",
]
QUANTITIES = [
    "How many turbines were installed?",
    "How much carbon does a bog store?",
    "How fast does the glacier move?",
    "How long is the record?",
    "How far do the seeds travel?",
    "How often was the sensor read?",
    "How accurate is the radar?",
    "What percentage of the birds returned?",
    "What fraction of the peat is lost?",
    "By what factor did yields rise?",
    "What speed-up does the new scheme give?",
    "What accuracy was reached?",
    "What is the mean depth of the lake?",
    "What was the average catch?",
    "By how much does fog cut the range?",
    "How large were the plots?",
    "What is the number of species found?",
    "What share of hives failed?",
    "What was the maximum flow?",
    "how many % were lost",
]
NO_QUANTITIES = [
    "What is a bog?",
    "How does radar see birds?",
    "Why do glaciers move?",
    "Who mapped the reef?",
    "What does permafrost mean?",
    "What does it mean by resilience?",
    "What do they mean when they speak of drift?",
    "Which papers discuss moss?",
    "Explain the role of lichens.",
    "Compare radar with lidar.",
    "What causes erosion?",
    "Where were the hives kept?",
    "Describe the sensor.",
    "Can drones fly in rain?",
    "Is the method new?",
    "What are estuaries?",
    "How was the ice cored?",
    "When do seeds sprout?",
    "What is the main idea?",
    "Tell me about dunes.",
]
SEVERAL = [
    "Which papers discuss moss?",
    "What methods are there for counting birds?",
    "List the approaches to mapping reefs",
    "Compare radar with lidar.",
    "What is the difference between silt and clay?",
    "How do silt and clay differ?",
    "Radar versus lidar?",
    "radar vs. lidar",
    "Who has worked on sea ice?",
    "What do we have on dunes?",
    "What else is there on bogs?",
    "Which sensors are used in fog?",
    "Do both studies agree?",
    "Which tools do geologists use?",
    "What datasets exist for tides?",
    "Name two algorithms for drainage.",
    "Are there other surveys of lichens?",
    "Which groups study coral?",
    "How is one compared to the other?",
    "What techniques measure snow depth?",
    "Snow depth: which techniques exist?",
]
ONE = [
    "What is a bog?",
    "How does radar see birds?",
    "Why do glaciers move?",
    "How deep is the lake?",
    "Does fog matter?",
    "When was the ice cored?",
    "Where were the hives kept?",
    "Explain erosion.",
    "Describe the sensor.",
    "What causes drift?",
    "How large were the plots?",
    "Is the sensor cheap?",
    "Can a drone fly in rain?",
    "What accuracy was reached?",
    "How is snow measured?",
    "What does permafrost mean?",
    "Why did the hive fail?",
    "What speed does it reach?",
    "How was the reef mapped?",
    "Was the survey repeated?",
    "Where do the techniques come from?",
    "How many models did the authors of the survey train?",
    "Which two methods are combined?",
    "On which models was it tested?",
    "Maps are made by comparing photographs.",
    "What did the other models predict?",
]

DETAILS = [
    "What batch size was used?",
    "How many turbines were installed?",
    "Who funded the survey?",
    "Where were the hives kept?",
    "When was the ice cored?",
    "Which optimiser did they train with?",
    "Is radar better than lidar?",
    "For the reef, what resolution was chosen?",
    "Did yields rise by half, and by what factor?",
    "What was the glider's wingspan?",
    "What is GlideSat’s orbit?",
    "What does the new filter score on fog?",
]
NO_DETAILS = [
    "What is a bog?",
    "Which papers discuss moss?",
    "Which method removes fog?",
    "How does radar see birds?",
    "Explain erosion.",
    "What models are there of drift?",
    "Which tools do geologists use?",
    "radar in fog",
    "What happens in a storm?",
    "What does the filter remove?",
]
COMPARISONS = [
    "Compare radar with lidar.",
    "radar vs. lidar",
    "Which is cheaper, radar or lidar?",
    "radar or lidar: which one sees farther?",
    "Is radar better than lidar?",
    "How is radar different from lidar?",
    "What do radar and lidar have in common?",
    "Should I use radar or lidar?",
]
NO_COMPARISONS = [
    "How much cheaper is radar than lidar?",
    "By what factor is radar faster than lidar?",
    "Does radar see rain or snow?",
    "Is more or less rain seen?",
    "How do radar and lidar work?",
]
OF_ANY_PAPER = [
    "Is the code available?",
    "Can you give me the link?",
    "What are the limitations",
    "show me the abstract",
    "What's the main idea?",
    "Give an example.",
    "What are the key findings?",
    "So what is new here?",
]
NOT_OF_ANY_PAPER = [
    "What is new in radar?",
    "What are the limitations of radar?",
    "Is there code for the glider?",
    "Which papers give the code?",
    "What can you do?",
    "How large is it?",
]
HOW_MANY = ["How many hives were lost?", "how long is the reef", "On how large a lake?", "How often does it rain?"]
NOT_HOW_MANY = ["How does rain form?", "What share was lost?", "Somehow many hives were lost."]


def wrong(cue: Callable[[str], bool], yes: list[str], no: list[str]) -> list[str]:
    return [text for text in yes if not cue(text)] + [text for text in no if cue(text)]


@pytest.mark.parametrize(
    ("cue", "yes", "no"),
    [
        (asks_for_papers, LISTINGS, NO_LISTINGS),
        (asks_quantity, QUANTITIES, NO_QUANTITIES),
        (asks_for_several, SEVERAL, ONE),
        (asks_detail, DETAILS, NO_DETAILS),
        (asks_how_many, HOW_MANY, NOT_HOW_MANY),
        (asks_to_compare, COMPARISONS, NO_COMPARISONS),
        (asks_of_any_paper, OF_ANY_PAPER, NOT_OF_ANY_PAPER),
    ],
)
def test_questions(cue: Callable[[str], bool], yes: list[str], no: list[str]) -> None:
    assert wrong(cue, yes, no) == []
    shouted, drawled = [text.upper() for text in yes], [text.lower() for text in no]
    assert wrong(cue, shouted, drawled) == []


def test_a_listing_asks_for_several() -> None:
    assert wrong(asks_for_several, [text for text in LISTINGS if "papers" in text or "studies" in text], []) == []


NUMBERS = [
    "The lake is 12 m deep.",
    "Yields rose by half.",
    "It needs two pumps.",
    "Costs fell tenfold, to 3.5 euros.",
    "Errors drop by an order of magnitude.",
    "It is twice as fast.",
    "Six hundred hives were lost.",
    "Half of them came back.",
]
NO_NUMBERS = ["The lake is deep.", "Yields rose.", "It needs one pump.", "Nobody knows.", "Often, behalf, tense."]
CONTRIBUTIONS = [
    "We propose a new filter.",
    "In this paper, a map of the reef is presented.",
    "This work shows that fog matters.",
    "Our drone is designed for rain.",
    "Here a theory of drift is derived.",
    "This study examines moss.",
    "In this work, we identify a cause of drift.",
    "We find that fog matters.",
    "We observed a shift of the reef.",
    "We\npropose a filter whose name is broken off.",
    "Here, after ten years of field work in two valleys,\nwe describe a glacier.",
]
NO_CONTRIBUTIONS = [
    "Fog matters.",
    "Earlier filters were proposed by others.",
    "The reef is large.",
    "We thank the crew.",
    "In this age of foundations, rivers rise.",
    "Weather shows no trend.",
    "Where proposals fail, rivers rise.",
]


@pytest.mark.parametrize(
    ("cue", "yes", "no"),
    [(has_number, NUMBERS, NO_NUMBERS), (states_contribution, CONTRIBUTIONS, NO_CONTRIBUTIONS)],
)
def test_sentences(cue: Callable[[str], bool], yes: list[str], no: list[str]) -> None:
    assert wrong(cue, yes, no) == []


@pytest.mark.parametrize(
    "cue",
    [asks_for_papers, asks_quantity, asks_for_several, asks_to_compare, has_number, states_contribution],
    ids=lambda c: c.__name__,
)
@pytest.mark.parametrize("text", ["", " ", "?", "which " * 700, "we " * 1_300, "what a b c d " * 300, "…" * 4_000])
@pytest.mark.timeout(5)
def test_odd_texts_are_none_and_take_no_time(cue: Callable[[str], bool], text: str) -> None:
    assert not cue(text)
