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
        "weights of the model packed for oneDNN without a number of rows, or stored transposed, or the model traced and"
        " frozen by `torch.jit`",
        "within a twentieth of plain ones, or slower; packed for a number of rows, as `precision.py` has it, they pay",
    ),
    (
        "the product of token codes in two threads of ours",
        "a third slower: a thousand rows are done before the other thread has begun",
    ),
    (
        "token codes by tables of 256 sums a byte, added up by `torch.nn.functional.embedding_bag`",
        "0.7 ms in place of 1.7, but search without torch would need another way with other last bits; the same with"
        " SciPy's sparse matrices is no faster than now",
    ),
    (
        "`OPENBLAS_CORETYPE=SkylakeX` where OpenBLAS takes an AMD processor with AVX-512 for a Haswell",
        "no faster: the matrices of a search are too narrow",
    ),
    (
        "softmax as maximum, difference, exp and sum of our own in bfloat16, or padded to a multiple of 32",
        "from a tenth faster to a tenth slower, by the length of the text",
    ),
    (
        "Python's collector called less often during a start, by higher thresholds",
        "half of what putting it off gains (`collecting.py`): one pass over 200,000 new objects takes 0.17 s",
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
    (
        "weights of 8 bits for a question (`torch.ops.aten._weight_int8pack_mm`), with AMX",
        "15 ms in place of 10, and the least cosine with float32 .9993",
    ),
    (
        "the 340 searches of a calibration in two threads",
        "2.8 s in place of 3.0: they are many small steps that hold the interpreter's lock",
    ),
    (
        "the embedding of a question in two threads of torch's, with AMX",
        "6.6 ms in place of 9.4 alone, but a search 21.8 in place of 23.2 and p95 as before, for its words are looked"
        " up meanwhile; and each thread that asks would keep threads of its own",
    ),
    (
        "questions of 17 to 32 tokens padded to 33 or 48, with AMX",
        "oneDNN's products alone take 4.8 ms in place of 6.3, the whole question 1 to 3% less",
    ),
)
