"""The markup of the Models tab: models, downloads, and names that stay text."""

from __future__ import annotations

from rag.models import ModelInfo, PullProgress
from ui.models_page import Download, Layer, download_html, models_html, status_html

HOSTILE = "<img src=x onerror=alert(1)>"


def test_a_model_is_a_row_with_all_that_is_known() -> None:
    model = ModelInfo("small:1b", "h", 1_500_000_000, "d", "Q4_K_M", context_length=32768, capabilities=("completion",))
    shown = models_html([model, ModelInfo("old", "h")], "small:1b")
    assert 'small:1b <span class="cw-now">answers now</span>' in shown
    assert [cell in shown for cell in ("<td>1.4 GB</td>", "<td>Q4_K_M</td>", "<td>32,768</td>", "<td>completion</td>")]
    assert '<th scope="row">old</th><td></td><td></td><td></td><td></td>' in shown


def test_no_model_names_a_good_first_one() -> None:
    assert "<code>qwen3:4b-instruct</code>" in models_html([], None)


def test_a_download_adds_up_its_layers() -> None:
    download = Download("m")
    for step in (
        PullProgress("pulling manifest"),
        PullProgress("pulling a", "sha256:aaaa", 512, 1024),
        PullProgress("pulling b", "sha256:bbbb", 0, 3072),
        PullProgress("pulling a", "sha256:aaaa", 1024, 1024),
    ):
        download = download.after(step)
    assert download.layers == {"sha256:aaaa": Layer(1024, 1024), "sha256:bbbb": Layer(0, 3072)}
    shown = download_html(download)
    assert 'aria-label="Whole download" max="4096" value="1024"' in shown
    assert "pulling a <span>" in shown
    assert download.after(PullProgress("verifying")).status == "verifying"


def test_names_stay_text() -> None:
    model = ModelInfo(HOSTILE, "h", quantization=HOSTILE, capabilities=(HOSTILE,))
    download = Download(HOSTILE, HOSTILE, {HOSTILE: Layer(1, 2)})
    for shown in (models_html([model], None), download_html(download), status_html([], HOSTILE)):
        assert "<img" not in shown
