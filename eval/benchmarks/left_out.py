"""What was tried while the methods were developed and left out, with the figures it was left out for.

These are figures of research runs on the same dev halves, not measured again by ``ablation``: their code is not part of
the program.  They were made beside one another with the method as it then was, so compare them with the reference in
the first row of each table, not with the tables above it.  ``_REMOVED`` is from the last run of ``ablation`` while
these signals and rules were still in the program.
"""

from __future__ import annotations

from eval.benchmarks.tables import table

_SOURCE = "Figures of the research run, same dev halves; compare with the first row, not with the tables above."


def _part(head: list[str], rows: list[list[str]]) -> str:
    return f"## Tried and left out\n\n{_SOURCE}\n\n{table(head, rows)}"


_FUSION = _part(
    ["tried", "SciFact nDCG@10 dev / test / all", "seeds concept R@1"],
    [
        ["reference: the method as it is", ".735 / .765 / .749", ".91"],
        ["reciprocal rank fusion of the three views", ".718 / .740 / .729", ".91"],
        ["words and meaning only, scaled over the corpus", ".717 / .754 / .735", ".81"],
        ["words and meaning only, scaled over the pool", ".722 / .767 / .743", ".81"],
        ["best sentence's cosine in half of the meaning, no smoothing", ".733 / .760 / .745", ".91"],
        ["Rocchio feedback from the best 3, no smoothing (with it: below)", ".733 / .762 / .746", ".91"],
        ["RM3 feedback on the words, no late interaction", ".699–.709 / .730–.747", ".78–.81"],
        ["pairs of words (sequential dependence), no late interaction", ".719–.723 (dev)", ".81"],
        ["whitened or centred vectors, no late interaction", ".718–.723 (dev)", ".79–.81"],
        ["correction of hubs (CSLS) for smoothing", ".734 / .765 / .749", ".91"],
        ["correction of hubs and smoothing: needs neighbours at index time", ".737 / .767 / .751", ".91"],
        ["late interaction over one passage, or one sentence, of the abstract", ".733 / .757, .726 / .757", ".91"],
        ["earlier layers of the model, or several joined, for late interaction", "·", ".84–.95, unstable"],
        ["one vector for each word of the vocabulary, none kept by paper", "·", ".875"],
        ["rareness of whole words, not of word pieces", ".742–.744 (all)", ".88–.91"],
        ["a linear adapter trained on title and abstract, no labels", ".739–.747 (all)", ".88–.91"],
        ["late interaction alone with 32 / 64 / 128 dimensions by PCA", "·", ".72 / .78 / .88 (one bit each: .93)"],
        ["a title field in BM25, boosted or twice", "·", "−.02 to −.07"],
        ["other weights: words .7–1, meaning 1–1.5, late interaction 1–2", "within .005", "·"],
    ],
)

_BEYOND = table(
    [
        "tried around the method as it is now, nDCG@10",
        "SciFact dev",
        "tags",
        "bookmarks",
        "seeds dev",
        "starter dev",
        "tags, half titles only",
    ],
    [
        ["reference", ".759", ".549", ".566", ".984", ".971", ".498"],
        ["the method until then: no chance, no feedback, meaning 1", ".738", ".541", ".567", ".982", ".963", ".490"],
        ["matches as they are", ".739", ".542", ".570", ".982", ".968", ".489"],
        ["half the deviations for chance", ".736", ".549", ".568", ".984", ".964", ".496"],
        ["¾ of them", ".746", ".548", ".567", ".984", ".968", ".499"],
        ["5/4 of them", ".759", ".543", ".561", ".983", ".971", ".492"],
        ["a cosine of .5 for chance, not squared", ".743", ".539", ".557", ".988", ".975", ".494"],
        ["what is beyond chance as a share of what can be", ".750", ".548", ".564", ".984", ".975", ".500"],
        ["a title alone with the chance of its few codes", ".759", ".549", ".565", ".984", ".971", ".482"],
        ["a text of less than 20 codes as one of 20", ".759", ".549", ".565", ".984", ".971", ".495"],
        ["a text of less than 100 codes as one of 100", ".759", ".547", ".563", ".984", ".975", ".503"],
        ["lengths drawn to their mean by a quarter", ".757", ".548", ".566", ".984", ".975", ".497"],
        ["lengths drawn to their mean by half", ".752", ".547", ".565", ".984", ".975", ".497"],
        ["no feedback", ".757", ".543", ".557", ".984", ".971", ".493"],
        ["feedback at .2", ".759", ".548", ".564", ".984", ".975", ".497"],
        ["feedback at .6", ".759", ".544", ".566", ".984", ".971", ".500"],
        ["feedback from the best three by their scores", ".753", ".548", ".563", ".986", ".971", ".495"],
        ["feedback from what is better than the third", ".761", ".549", ".566", ".984", ".971", ".498"],
        ["feedback from what is better than the eleventh", ".754", ".546", ".563", ".986", ".971", ".494"],
        ["both cosines together weigh 1", ".747", ".544", ".568", ".984", ".967", ".495"],
        ["both cosines together weigh 2", ".757", ".545", ".560", ".984", ".975", ".495"],
        ["z-scores instead of spans", ".755", ".546", ".558", ".984", ".972", ".494"],
        ["pool of 50", ".753", ".547", ".563", ".984", ".971", ".497"],
        ["pool of 100", ".753", ".542", ".563", ".984", ".971", ".496"],
        ["codes of 384 bits (a title alone with the chance of its codes)", ".747", ".549", ".568", ".984", ".968", "·"],
        ["later, on another processor: reference", ".759", ".546", "·", "·", "·", ".495"],
        ["the 30 nearest to the moved question join the pool", ".756", ".545", "·", "·", "·", ".496"],
        ["the same, moved by a length of 1", ".760", ".547", "·", "·", "·", ".496"],
    ],
)

_MANY = table(
    [
        "tried where 100 papers are asked for: nDCG@10, recall@10, recall@100",
        "SciFact",
        "tags",
        "tags, half titles only",
    ],
    [
        [
            "reference: a core sets the scales, half as many again weighed",
            ".758, .885, .962",
            ".546, .597, .857",
            ".495, .543, .822",
        ],
        ["only as many weighed as are asked for", ".758, .885, .961", ".545, .595, .834", ".494, .542, .806"],
        [
            "the method until then: all that are weighed set the scales",
            ".754, .881, .958",
            ".542, .583, .833",
            ".494, .540, .806",
        ],
        ["the core sets the scales, and any may lend", ".761, .895, .964", ".541, .586, .833", ".493, .538, .808"],
        ["the core first, the others after it", ".759, .886, .964", ".546, .598, .837", ".495, .544, .809"],
        ["twice as many weighed", ".758, .885, .962", ".546, .597, .865", ".495, .543, .820"],
        [
            "the 100 nearest to the moved question weighed too",
            ".758, .885, .964",
            ".546, .597, .864",
            ".494, .542, .819",
        ],
        ["the same, moved by a length of 1", ".758, .885, .961", ".546, .597, .870", ".495, .544, .830"],
    ],
)

RETRIEVAL = f"""{_FUSION}

{_BEYOND}

{_MANY}

tags: ``eval.benchmarks.tagged``; bookmarks: 729 described web pages of the same reader, 173 tags.  Their figures are of
all queries, for nothing was fitted to them alone; halves of titles as in collections of older papers."""

_QUOTING = _part(
    ["tried, on the right paper, at most 115 words", "fact recall, seeds dev"],
    [
        ["reference: two lengths of answer, token match, both cues", ".93–.94"],
        ["best 4 sentences by their own embedding", ".86"],
        ["best 4 by their share of the passage's token vectors", ".83"],
        ["best 4 by shared rare words", ".86"],
        ["best 4 by token match", ".89"],
        ["best 5 by the same four, in that order", ".89 / .86 / .92 / .93"],
        ["token match and numbers", ".90"],
        ["token match, numbers, half each of contribution and length", ".92"],
        ["logistic regression on 15 features, cross-validated, 110 / 120 words", ".885 / .914"],
        ["the same with interactions", ".885 / .898"],
        ["position, centrality, first sentence, brackets, acronym of the title", "no gain, or none that lasts"],
    ],
)

_SIGNS = table(
    [
        "tried for the choice by signs, cross-validated over both libraries' dev questions",
        "facts at 75 / 85 / 95 words",
    ],
    [
        ["reference: votes, number asked for, before the contribution, first, specifics", ".92 / .95 / .97"],
        ["the plain match for the votes", ".88 / .92 / .94"],
        ["the words' matches above their mean in the abstract, for the votes", ".90 / .93 / .96"],
        ["votes not weighed by the best match", ".93 / .95 / .96"],
        ["the plain match beside the votes (its weight turns negative)", ".93 / .95 / .97"],
        ["the sentence that first states the contribution weighs less", ".94 / .95 / .96"],
        ["“our code is available” weighs less unless asked for", ".93 / .95 / .97"],
        ["the logarithm of the length, the position, the last sentence", "no gain"],
        ["the match of the sentence before or after, words of continuation (“This …”, “Second, …”)", "no gain"],
        ["“However”, “Recently”, “Existing …” at the beginning", "no gain"],
        ["words of evaluation, of method (“by”, “using”), of naming (“called”), where asked for or not", "no gain"],
        ["“and” and commas where several things are asked for", "no gain"],
        ["a contribution where no quantity is asked for (a rule until now)", "no gain"],
        ["likely sentences by their chance for each word", "no gain"],
        ["always as many sentences as fit, for until they hold the answer", "fewer: .955 at 108 words, for .969 at 97"],
    ],
)

_TIES = table(
    ["tried on the dev questions whose two best papers score alike (.92), one of them meant", "meant one first, of 37"],
    [
        ["reference: by the score", "28"],
        ["by BM25, by the mean match of the words", "21"],
        ["by the best sentence's coverage, by that of the best two in a row", "20, 21"],
        ["by the coverage, by the nearest passage's cosine, by the poorest word", "17, 16, 16"],
        ["each of these only where it differs by a tenth", "16–26"],
    ],
)

QUOTING = f"{_QUOTING}\n\n{_SIGNS}\n\n{_TIES}"

_ABSTAINING = _part(
    ["tried, seeds dev", "near AUROC", "off AUROC", "off refused at 1% of the answerable"],
    [
        ["reference: the method as it is", ".903", ".979", "·"],
        ["late interaction as it is, no model", ".68", ".982", ".79"],
        ["late interaction, cosines not squared", ".72", ".983", ".79"],
        ["best passage's cosine", ".69", ".94", ".36"],
        ["evidence", "·", ".977", ".79"],
        ["share of the words that the paper has", ".74", ".93", "·"],
        ["words unknown to the library", ".59", ".94", "·"],
        ["lowest match of a word", ".80", ".95", "·"],
        ["margin to the second paper", ".65", ".92", "·"],
        ["late interaction as a z-score over the pool", "·", ".957", "·"],
        ["three equal parts: late interaction, cosine, evidence", "·", ".993", ".93"],
        ["coverage with the lowest word added (starter: .89)", ".956", "·", "·"],
        ["probes from held-out sentences: other papers match them as well", "·", "·", "·"],
        ["probes whose paper is left out, as off topic: refuse 2–6% of the answerable", "·", "·", "·"],
    ],
)

_TOPIC_AND_DETAIL = table(
    ["tried for the judge as it is now, dev", "seeds near AUROC", "starter"],
    [
        ["reference: mean and lower tenth of the weighty words' matches", ".962", ".932"],
        ["mean of all content words", ".930", ".908"],
        ["mean of the weighty words", ".950", ".912"],
        ["mean and poorest of the weighty words", ".958", ".925"],
        ["the lower fifth, the lower third for the lower tenth", ".958, .952", ".923, .914"],
        ["with the logarithm of the number of words", ".953", ".922"],
        ["“how many”, from .954 and .927: only sentences with a number count (refuses 2%)", ".956", ".943"],
        ["“how many”, from the same: half of that", ".964", ".939"],
        ["with the share of unmatched words", ".959", ".913"],
        ["fitted to the other library's dev questions, not to probes", ".948", ".933"],
        ["late interaction by what is beyond chance, from .947 and .956 (four ways)", ".944–.946", ".949–.954"],
        ["best sentence, weighted by rareness or not, gap to the best match anywhere", "no gain", "no gain"],
    ],
)

LISTS = """## Tried and left out

| tried on the dev lists | seeds F1 | starter F1 |
| --- | ---: | ---: |
| reference: 0.72 of the best score, or all words there | .83 | .84 |
| all words in one sentence, for anywhere in the paper | .84 | .84 |
| logistic regression on scores, coverage and best sentence, fitted to the other library's lists | .76–.83 | .78–.83 |
| late interaction instead of the fused score, as a share of the best | .83 | .82 |
| the mean of the scores for subject and whole question | .85 | .82 |
| cosine or BM25 alone, one threshold | .56, .65 | .46, .59 |

Per library, from 40 pairs of title words with the papers that have the pair as the truth, the best share is .76 on both
libraries and hardly worse from .68 to .80: one constant does, and the probes would cost seconds of every index run."""

_REMOVED = table(
    ["removed since: 95% intervals of every change reach 0", "seeds off", "near", "starter off", "near"],
    [
        ["reference: the method with all three", ".986", ".903", ".995", ".913"],
        ["no evidence: how far the words match better than in other papers", ".984", ".898", ".993", ".909"],
        ["evidence without the background of the other papers", ".986", ".903", ".993", ".907"],
        ["words of asking (“which”, “reported”) count in the coverage", ".979", ".927", "1.000", ".911"],
    ],
)

_BESIDE_THE_TOPIC = table(
    ["tried beside the signals of the topic, its probability alone", "seeds off", "at 1%", "starter off", "at 1%"],
    [
        ["reference: late interaction, cosine, coverage", ".986", ".85", ".996", ".95"],
        ["with the best BM25 as a logarithm (the method)", ".987", ".85", ".999", "1.00"],
        ["with the best BM25 as it is, or its root", ".987, .986", ".85", ".999", "1.00"],
        ["with the rareness-weighted coverage", ".985", ".85", ".996", ".95"],
        ["with the match of the rarest word", ".983", ".83", ".996", ".95"],
        ["with what any paper matches, its poorest word", ".977, .975", ".83, .78", ".995, .996", ".92"],
        ["with the best sentence's match, alone or with the next, of one paper or three", ".985", ".85", ".996", ".95"],
        ["with the margin to the second paper, the agreement of the views", ".986", ".85", ".997", ".95"],
        ["with the number of words, the share unknown to the library", ".987, .983", ".85", ".995", ".82, .87"],
        ["80 questions on other fields for further no-examples", ".983", ".85", ".997", ".97"],
    ],
)

_BESIDE_FOUR_SIGNALS = table(
    [
        "tried later beside late interaction, cosine, BM25 and coverage; all dev sets and 160 further off questions",
        "seeds off",
        "at 2%",
        "starter off",
        "at 2%",
    ],
    [
        ["reference: the four", ".988", ".91", ".994", ".88"],
        ["with the lower end of the coverage (the method)", ".989", ".90", ".996", ".94"],
        ["with the nearest of 316 names of fields (“contracts”, “compilers”)", ".990", ".87", ".996", ".93"],
        ["the same, without the names that share a word with the questions", ".988", ".91", ".995", ".91"],
        ["with the nearest of 359 narrower names, many of which the questions ask about", ".994", ".95", ".997", ".95"],
        ["the same, without the names that share a word with the questions", ".988", ".88", ".995", ".93"],
        ["with the everyday questions as such names", ".985", ".87", ".993", ".87"],
        ["with the lead over the other papers that survives the loss of any one word", ".987", ".91", ".994", ".88"],
        ["with the z-score over the pool", ".986", ".87", ".994", ".87"],
        ["with the spread of the words' matches", ".988", ".88", ".995", ".92"],
        ["with the best match of each word by any paper", ".986", ".88", ".993", ".86"],
        ["with the mean paper's match of the words", ".984", ".85", ".993", ".86"],
        ["probes whose paper is left out, for half or more of the no-examples", ".972–.975", ".65–.71", ".993", ".93"],
        ["BM25 for each word, for BM25 (SciFact: .995 for .990)", ".985", "·", ".994–.996", "·"],
    ],
)

_AFTER_A_CONVERSATION = table(
    ["off questions asked after a conversation about something here", "read as part of it", "refused"],
    [
        ["reference: before, with a topic of four signals", "50 of 854", "748"],
        ["a pronoun may mean something in the question; more than .13 of a longer one covered; five", "15", "788"],
    ],
)

_LAST = f"AUROCs of the last run of `ablation` that had them:\n\n{_REMOVED}"
ABSTAINING = "\n\n".join(
    (_ABSTAINING, _TOPIC_AND_DETAIL, _BESIDE_THE_TOPIC, _BESIDE_FOUR_SIGNALS, _AFTER_A_CONVERSATION, _LAST)
)

_CODES = _part(
    ["tried", "bytes", "SciFact dev, all / late alone", "seeds, all / late alone", "facts", "citations"],
    [
        ["reference: every token, 384 bits", "5,868", ".739 / .723", ".979 / .978", ".934 / .943", ".950 / .956"],
        ["each piece, 384 bits", "4,054", ".740 / .719", ".978 / .978", ".929 / .943", ".952 / .952"],
        ["each piece, 192 bits (the method)", "2,208", ".734 / .720", ".980 / .977", ".939 / .940", ".951 / .946"],
        ["each piece, 128 bits", "1,593", ".737 / .715", ".980 / .964", ".939 / .925", ".939 / .946"],
        ["each piece, 96 bits", "1,286", ".729 / .698", ".978 / .964", ".925 / .940", ".947 / .946"],
        ["each piece, 64 bits", "978", ".738 / .702", ".975 / .953", ".922 / .904", ".939 / .951"],
        [
            "directions by PCA of the starter library, 192 bits",
            "2,208",
            "·",
            ".980 / .974",
            ".935 / .949",
            ".952 / .948",
        ],
        ["the same, 160 bits", "1,901", "·", ".983 / .974", "·", "·"],
        ["the same, 128 bits", "1,593", "·", ".980 / .965", "·", "·"],
        ["the same, 128 bits, and a scale for each code (RaBitQ)", "1,670", "·", ".979 / .970", "·", "·"],
        ["the same, turned to lose least by signs (ITQ), 192 bits", "2,208", "·", ".981 / .970", "·", "·"],
        ["signs of the difference from the mean, 384 bits", "4,054", "·", ".980 / .977", "·", "·"],
        ["product quantisation, 24 bytes", "2,208", "·", ".978 / .952", "·", "·"],
        ["like pieces share a code (Ward): half as many", "1,362", "·", ".981 / .973", ".923 / .907", ".945 / .944"],
        ["the same: two thirds as many", "1,670", "·", "·", ".937 / .919", ".951 / .945"],
        ["no codes for the title before later passages", "2,160", "·", ".980 / .976", ".939 / .940", ".951 / .946"],
    ],
).replace(
    _SOURCE,
    f"{_SOURCE}  bytes: of a passage of the seeds.  all, late alone: nDCG@10.  facts, citations: seeds / starter.  The"
    " directions were drawn with another lot.",
)

_LOTS = table(
    [
        "means of six lots of directions, dev, seeds / starter",
        "nDCG@10",
        "concept R@1",
        "facts",
        "citations",
        "off refused",
    ],
    [
        [
            "each piece, 192 bits (the method)",
            ".980 / .964",
            ".894 / .857",
            ".932 / .930",
            ".954 / .945",
            ".844 / .932",
        ],
        [
            "384 for quoting and 192 for ranking",
            ".980 / .964",
            ".894 / .857",
            ".927 / .935",
            ".947 / .946",
            ".851 / .932",
        ],
        ["384 for both", ".981 / .963", ".896 / .875", ".930 / .934", ".950 / .944", ".848 / .966"],
    ],
)

TOKEN_CODES = f"""{_CODES}

What longer codes gain or lose above, with one lot of directions, is chance, but for the one or two further questions
that they refuse on the starter library:

{_LOTS}"""
