"""Sentences about invented papers, each labelled: does the abstract say it?  Written for Citewell.

Kinds: ``true`` (said, in other words), ``number`` (a number changed), ``negated``, ``entity`` (a name swapped),
``general`` (claims more than is said), ``unrelated`` (not said at all).  Only ``true`` is supported.
"""

from __future__ import annotations

from index_store.types import Paper

PAPERS = {
    "kiln": Paper(
        "kiln",
        "KilnNet: Scheduling Ceramic Kilns with Graph Networks",
        "Industrial kilns waste energy because their schedules are set by hand. We present KilnNet, a graph "
        "network that predicts the temperature of every shelf. Trained on 14,000 firings from 31 factories, "
        "KilnNet cuts gas use by 18% without lowering the quality of the glaze. It does not need sensors "
        "inside the kiln. On a laptop one schedule takes 40 ms, which is 12 times faster than the finite-"
        "element solver ThermaSim. The code is public.",
    ),
    "tide": Paper(
        "tide",
        "Forecasting Storm Surges with Sparse Attention",
        "Storm surges are hard to forecast beyond two days. SurgeFormer reads 72 hours of buoy records with "
        "sparse attention and forecasts water levels for the next five days. Across 9 harbours on the North "
        "Sea its mean error is 11 cm, compared with 19 cm for the numerical model Delft-Q. The advantage "
        "shrinks for hurricanes, which are rare in the training data. Removing wind features raises the error "
        "by 40%. We find no benefit from more than 6 layers.",
    ),
    "lm": Paper(
        "lm",
        "Small Language Models Forget What They Are Told",
        "We ask how long language models remember an instruction. Across twelve open models between 1B and "
        "13B parameters, instructions given at the start are followed in 91% of replies after 500 tokens but "
        "in only 46% after 8,000 tokens. Larger models forget more slowly. Repeating the instruction every "
        "1,000 tokens restores accuracy to 88%. Fine-tuning on long dialogues does not help. Mistral-Nano is "
        "the only model whose accuracy never falls below 70%.",
    ),
    "bee": Paper(
        "bee",
        "Counting Bees from Sound",
        "Beekeepers estimate colony size by opening the hive, which disturbs the bees. We record the hum at "
        "the entrance and estimate the number of bees with HumNet, a convolutional network of 2.3 million "
        "parameters. On 210 hives in Slovenia the estimate is within 8% of a manual count. Rain reduces "
        "accuracy. The method runs for three months on one battery. Because queens cannot be heard, HumNet is "
        "unable to tell whether a colony has lost its queen.",
    ),
    "proof": Paper(
        "proof",
        "Checking Proof Sketches with Retrieval",
        "Language models write proofs that look right and are wrong. LemmaSeek splits a proof into steps and "
        "retrieves a lemma for each step from Lean's library. A step counts as justified when a small "
        "verifier accepts the lemma. On 1,200 undergraduate proofs LemmaSeek finds 83% of the faulty steps, "
        "while GPT-4 alone finds 52%. False alarms rise from 4% to 9%. Geometry remains difficult, since "
        "Lean's library contains few geometric lemmas.",
    ),
    "chip": Paper(
        "chip",
        "Half-Width Arithmetic for Recommendation",
        "Embedding tables dominate the memory of recommender systems. We store them in 4-bit floating point "
        "with a shared scale per row, called RowQuant. RowQuant shrinks the tables by a factor of 7.6 and "
        "increases throughput by 2.1x on A100 GPUs. Click-through rate in a live test with 3 million users "
        "did not change measurably. Training still requires 16-bit tables. We expect larger savings on "
        "processors with native 4-bit support.",
    ),
}

Pair = tuple[str, str, str]
PAIRS: tuple[Pair, ...] = (
    ("kiln", "true", "KilnNet reduces gas consumption by 18%."),
    ("kiln", "true", "The graph network predicts the temperature of each shelf in the kiln."),
    ("kiln", "true", "The quality of the glaze is not lowered."),
    ("kiln", "true", "KilnNet was trained on 14,000 firings that came from 31 factories."),
    ("kiln", "true", "No sensors are needed inside the kiln."),
    ("kiln", "true", "Computing a schedule takes 40 ms on a laptop."),
    ("kiln", "true", "It is 12 times faster than ThermaSim, a finite-element solver."),
    ("kiln", "true", "Kilns in industry waste energy because schedules are made by hand."),
    ("kiln", "number", "KilnNet reduces gas consumption by 81%."),
    ("kiln", "number", "KilnNet was trained on 1,400 firings from 31 factories."),
    ("kiln", "number", "One schedule takes 40 seconds on a laptop."),
    ("kiln", "number", "It is 20 times faster than ThermaSim."),
    ("kiln", "negated", "KilnNet needs sensors inside the kiln."),
    ("kiln", "negated", "The code is not public."),
    ("kiln", "entity", "It is 12 times faster than the solver HeatFlow."),
    ("kiln", "entity", "FireNet cuts gas use by 18%."),
    ("kiln", "general", "KilnNet eliminates all energy waste in every factory."),
    ("kiln", "unrelated", "Ceramic tiles were already made in ancient Egypt."),
    ("kiln", "unrelated", "The authors compare several optimizers for the network."),
    ("tide", "true", "SurgeFormer forecasts water levels for five days ahead."),
    ("tide", "true", "The model reads 72 hours of records from buoys using sparse attention."),
    ("tide", "true", "Its mean error is 11 cm across 9 harbours of the North Sea."),
    ("tide", "true", "Delft-Q, a numerical model, has a mean error of 19 cm."),
    ("tide", "true", "Without wind features the error rises by 40%."),
    ("tide", "true", "The advantage is smaller for hurricanes because they are rare in the training data."),
    ("tide", "true", "More than 6 layers bring no benefit."),
    ("tide", "true", "Forecasting storm surges more than two days ahead is hard."),
    ("tide", "number", "Its mean error is 19 mm across 9 harbours of the North Sea."),
    ("tide", "number", "SurgeFormer reads 27 hours of buoy records."),
    ("tide", "number", "Without wind features the error rises by 14%."),
    ("tide", "negated", "Using more than 6 layers brings a benefit."),
    ("tide", "negated", "SurgeFormer does not forecast water levels."),
    ("tide", "negated", "Removing wind features lowers the error by 40%."),
    ("tide", "entity", "The mean error across 9 harbours on the Baltic Sea is 11 cm."),
    ("tide", "entity", "The numerical model Hydro-X has an error of 19 cm."),
    ("tide", "general", "SurgeFormer always outperforms every numerical model on all coasts."),
    ("tide", "general", "The advantage is largest for hurricanes."),
    ("tide", "unrelated", "Sea levels are expected to rise because of climate change."),
    ("tide", "unrelated", "Training takes two weeks on eight GPUs."),
    ("lm", "true", "After 8,000 tokens only 46% of replies still follow the initial instruction."),
    ("lm", "true", "Instructions at the start are followed in 91% of replies after 500 tokens."),
    ("lm", "true", "Larger models forget instructions more slowly."),
    ("lm", "true", "Repeating the instruction every 1,000 tokens brings accuracy back to 88%."),
    ("lm", "true", "Fine-tuning on long dialogues is of no help."),
    ("lm", "true", "Only Mistral-Nano never falls below an accuracy of 70%."),
    ("lm", "true", "The study covers twelve open language models with 1B to 13B parameters."),
    ("lm", "number", "After 8,000 tokens only 64% of replies follow the instruction."),
    ("lm", "number", "Repeating the instruction every 100 tokens restores accuracy to 88%."),
    ("lm", "number", "The study covers twenty open models."),
    ("lm", "negated", "Fine-tuning on long dialogues helps."),
    ("lm", "negated", "Larger models do not forget more slowly."),
    ("lm", "negated", "Larger models forget faster."),
    ("lm", "entity", "Llama-Nano is the only model whose accuracy never falls below 70%."),
    ("lm", "entity", "Gemma follows instructions in 91% of replies."),
    ("lm", "general", "All language models forget every instruction."),
    ("lm", "general", "Repeating instructions completely solves forgetting."),
    ("lm", "unrelated", "Retrieval augmentation lowers the rate of hallucination."),
    ("lm", "unrelated", "Human readers preferred shorter replies."),
    ("bee", "true", "HumNet is a convolutional network with 2.3 million parameters."),
    ("bee", "true", "The number of bees is estimated from the hum recorded at the entrance."),
    ("bee", "true", "Across 210 hives in Slovenia, the estimate is within 8% of a manual count."),
    ("bee", "true", "Accuracy is lower when it rains."),
    ("bee", "true", "The method works for three months on a single battery."),
    ("bee", "true", "HumNet cannot tell whether a colony has lost its queen."),
    ("bee", "true", "Opening the hive to estimate the colony's size disturbs the bees."),
    ("bee", "number", "HumNet has 23 million parameters."),
    ("bee", "number", "The estimate is within 3% of a manual count."),
    ("bee", "number", "The method runs for five months on one battery."),
    ("bee", "negated", "HumNet can tell whether a colony has lost its queen."),
    ("bee", "negated", "Rain increases accuracy."),
    ("bee", "entity", "On 210 hives in Austria the estimate is within 8% of a manual count."),
    ("bee", "entity", "BuzzNet is a convolutional network of 2.3 million parameters."),
    ("bee", "general", "HumNet counts the bees of any hive perfectly in all weather."),
    ("bee", "unrelated", "Pesticides are a main cause of the decline of bees."),
    ("bee", "unrelated", "The microphones cost less than ten euros each."),
    ("proof", "true", "LemmaSeek finds 83% of the faulty steps in 1,200 undergraduate proofs."),
    ("proof", "true", "GPT-4 on its own finds 52% of the faulty steps."),
    ("proof", "true", "A lemma from Lean's library is retrieved for each step of the proof."),
    ("proof", "true", "False alarms increase from 4% to 9%."),
    ("proof", "true", "Geometry is still difficult because Lean's library has few geometric lemmas."),
    ("proof", "true", "A small verifier decides whether the lemma justifies the step."),
    ("proof", "number", "LemmaSeek finds 38% of the faulty steps."),
    ("proof", "number", "False alarms rise from 4% to 90%."),
    ("proof", "number", "The evaluation uses 12,000 undergraduate proofs."),
    ("proof", "negated", "False alarms fall from 9% to 4%."),
    ("proof", "negated", "Geometry is no longer difficult."),
    ("proof", "entity", "A lemma is retrieved for each step from Coq's library."),
    ("proof", "entity", "Claude alone finds 52% of the faulty steps."),
    ("proof", "general", "LemmaSeek guarantees that a proof is correct."),
    ("proof", "unrelated", "Students learn proofs better in small groups."),
    ("proof", "unrelated", "The verifier is a transformer trained by reinforcement learning."),
    ("chip", "true", "RowQuant stores embedding tables in 4-bit floating point with one scale per row."),
    ("chip", "true", "The tables become 7.6 times smaller."),
    ("chip", "true", "Throughput on A100 GPUs increases 2.1-fold."),
    ("chip", "true", "In a live test with 3 million users the click-through rate did not change measurably."),
    ("chip", "true", "16-bit tables are still required for training."),
    ("chip", "true", "Embedding tables take most of the memory of recommender systems."),
    ("chip", "true", "Processors with native support for 4 bits are expected to save more."),
    ("chip", "number", "The tables become 6.7 times smaller."),
    ("chip", "number", "The live test had 3 billion users."),
    ("chip", "number", "RowQuant stores embedding tables in 8-bit floating point."),
    ("chip", "negated", "The click-through rate changed measurably in a live test."),
    ("chip", "negated", "RowQuant decreases throughput by 2.1x."),
    ("chip", "negated", "Training does not require 16-bit tables."),
    ("chip", "entity", "Throughput on H100 GPUs increases by 2.1x."),
    ("chip", "entity", "RowPack shrinks the tables by a factor of 7.6."),
    ("chip", "general", "RowQuant works for every neural network without any loss."),
    ("chip", "unrelated", "Recommender systems can create filter bubbles."),
    ("chip", "unrelated", "The authors release a data set of clicks."),
)
