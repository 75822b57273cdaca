"""What was tried to make Citewell faster and did not pay, so that nobody tries it twice: (what, why)."""

from __future__ import annotations

TRIED = (
    (
        "token codes multiplied as int8 (question in four 7-bit parts, `torch._int_mm`)",
        "1.8 ms in place of 5.1 ms for a question, but scores change in the sixth decimal, and the operation is private"
        " and quick on some processors only",
    ),
    (
        "token codes unpacked through a table, in blocks of 256 to 4,096, or 16 bits at a time",
        "as fast or slower: the product takes four fifths of the time",
    ),
    ("question tokens padded to 4, 8 or 16 for the product", "at most a tenth faster, and other last bits"),
    ("the product of token codes in torch", "half as fast as numpy's on AMD, and other last bits"),
    (
        "weights of the model packed for oneDNN (`torch.ops.mkldnn._linear_pointwise`)",
        "same bits; 0.4 ms of a question's 4 ms; a private operation",
    ),
    (
        "two threads for numpy's small products",
        "a third less wall time alone, twice the work, and slower when asked at once",
    ),
    (
        "torch's own attention text by text without a mask, or with a mask of floats",
        "only 6% of it is the mask; plain products, text by text, are what pays (`minilm.py`)",
    ),
    (
        "attention by exp without a maximum instead of softmax",
        "a tenth more than softmax gains, but a score above 88 would make it infinite",
    ),
    (
        "`MALLOC_ARENA_MAX=2` for the server",
        "652 in place of 668 MB after 300 questions, 20 at once: the memory is code and weights, not lost pieces",
    ),
    (
        "loading torch in a thread while Gradio is imported",
        "both hold the interpreter's lock: the page comes later and the first answer no sooner",
    ),
)
